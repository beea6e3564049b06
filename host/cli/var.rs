//! `wb var`: the variables and secrets of a store. A secret goes in and is never shown again.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::store::{Place, block};
use super::{Context, Failure};
use crate::env;
use crate::exit::Exit;
use crate::store::seal::Keyring;
use crate::store::variables::{Kind, Variable, Variables};
use crate::store::{Error, Master};
use crate::template::{self, Known};

/// Variables that are sealed anew in one transaction.
const BATCH: usize = 100;

/// What to do with variables.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Set a variable
    Set {
        /// Its name
        name: String,
        /// The value; without it, standard input is it, less a line break at its end
        value: Option<String>,
        /// Never show it again
        #[arg(long)]
        secret: bool,
        /// A host the secret may be sent to, with a port where it is not the usual one; repeatable
        #[arg(long = "host", value_name = "HOST", requires = "secret")]
        hosts: Vec<String>,
    },
    /// Print a variable; of a secret only how large it is
    Get {
        /// Its name
        name: String,
    },
    /// List variables, without values
    List,
    /// Remove a variable
    Unset {
        /// Its name
        name: String,
    },
    /// Print a text with values in place of `{{key}}` and `{{var:key}}`; `{{secret:key}}` stays
    Ref {
        /// The text; without it, standard input is it
        text: Option<String>,
        /// Leave what refers to nothing
        #[arg(long)]
        keep_unknown: bool,
    },
    /// Make a new master key, and seal everything with it
    Rotate {
        /// Make none, and remove the old ones, once every server was restarted
        #[arg(long)]
        finish: bool,
    },
}

/// Does it.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    block(async {
        let place = &arguments.place;
        let variables = place.open().await?.of(&place.tenant()?).variables();
        match &arguments.verb {
            Verb::Set { name, value, secret, hosts } => {
                let value = input(value.as_deref(), *secret, context)?;
                let kind = if *secret { Kind::Secret } else { Kind::Plain };
                let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
                let set = variables.set(name, &value, kind, &hosts).await.map_err(Failure::from)?;
                context.report.say(&format!("set `{name}`: {}", words(&set)));
                tell(context, || shown(&set, None))
            }
            Verb::Get { name } => get(name, &variables, context).await,
            Verb::List => list(&variables, context).await,
            Verb::Unset { name } => {
                variables.unset(name).await.map_err(Failure::from)?;
                context.report.say(&format!("removed `{name}`"));
                tell(context, || json!({ "ok": true, "name": name }))
            }
            Verb::Ref { text, keep_unknown } => refer(text.as_deref(), *keep_unknown, &variables, context).await,
            Verb::Rotate { finish } => rotate(*finish, place, context).await,
        }
    })
}

fn tell(context: &Context, value: impl FnOnce() -> Value) -> anyhow::Result<Exit> {
    if context.report.is_json() {
        context.report.value(&value())?;
    }
    Ok(Exit::Ok)
}

/// A value of the command line, or of standard input.
fn input(value: Option<&str>, secret: bool, context: &Context) -> anyhow::Result<Vec<u8>> {
    if let Some(value) = value {
        if secret {
            context
                .report
                .warn("other programs can see a command line, and your shell may keep it; pipe the secret in");
        }
        return Ok(value.as_bytes().to_vec());
    }
    if env::is_stdin_terminal() {
        let failure = Failure::new(Exit::Usage, "no value was given");
        return Err(failure.hint("give it on standard input: `wb var set NAME --secret < file`").into());
    }
    let mut text = context.read("-")?.text;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text.into_bytes())
}

fn words(variable: &Variable) -> String {
    let size = crate::report::bytes(u64::try_from(variable.size).unwrap_or(0));
    match (variable.kind, variable.hosts.as_slice()) {
        (Kind::Plain, _) => size,
        (Kind::Secret, []) => format!("secret, {size}, for no host"),
        (Kind::Secret, hosts) => format!("secret, {size}, for {}", hosts.join(", ")),
    }
}

fn shown(variable: &Variable, value: Option<&str>) -> Value {
    let mut shown = json!({
        "name": variable.name,
        "secret": variable.kind == Kind::Secret,
        "size": variable.size,
        "hosts": variable.hosts,
        "changed": variable.changed,
    });
    if let Some(value) = value {
        shown["value"] = json!(value);
    }
    shown
}

async fn get(name: &str, variables: &Variables, context: &Context) -> anyhow::Result<Exit> {
    let variable = variables.get(name).await.map_err(Failure::from)?;
    let value = match variable.kind {
        Kind::Plain => Some(variables.value(name).await.map_err(Failure::from)?),
        Kind::Secret => None,
    };
    let value = value.map(|value| String::from_utf8_lossy(&value).into_owned());
    if context.report.is_json() {
        return tell(context, || shown(&variable, value.as_deref()));
    }
    let line = value.unwrap_or_else(|| format!("<{}; write {{{{secret:{name}}}}} to use it>", words(&variable)));
    context.report.out(&format!("{line}\n"))?;
    Ok(Exit::Ok)
}

async fn all(variables: &Variables) -> Result<Vec<Variable>, Failure> {
    let mut all: Vec<Variable> = Vec::new();
    loop {
        let after = all.last().map_or("", |last| last.name.as_str()).to_owned();
        let page = variables.list(&after, crate::store::PAGE).await?;
        let last = page.len() < crate::store::PAGE;
        all.extend(page);
        if last {
            return Ok(all);
        }
    }
}

async fn list(variables: &Variables, context: &Context) -> anyhow::Result<Exit> {
    let all = all(variables).await?;
    if context.report.is_json() {
        return tell(context, || all.iter().map(|variable| shown(variable, None)).collect());
    }
    if all.is_empty() {
        context.report.say("there are no variables");
    }
    let rows: Vec<Vec<String>> = all.iter().map(|variable| vec![variable.name.clone(), words(variable)]).collect();
    context.report.out(&crate::report::table(&rows))?;
    Ok(Exit::Ok)
}

async fn refer(text: Option<&str>, keep: bool, variables: &Variables, context: &Context) -> anyhow::Result<Exit> {
    let text = match text {
        Some(text) => text.to_owned(),
        None => context.read("-")?.text,
    };
    let mut known = HashMap::new();
    for name in template::names(&text) {
        let of = match variables.get(name).await {
            Ok(variable) if variable.kind == Kind::Secret => Known::Secret,
            Ok(_) => {
                let value = variables.value(name).await.map_err(Failure::from)?;
                Known::Plain(String::from_utf8_lossy(&value).into_owned())
            }
            Err(Error::NotFound(_)) => Known::Nothing,
            Err(error) => return Err(Failure::from(error).into()),
        };
        known.insert(name.to_owned(), of);
    }
    let filled = template::fill(&text, keep, |name| known.get(name).cloned().unwrap_or(Known::Nothing));
    match filled {
        Ok(filled) if context.report.is_json() => tell(context, || json!({ "text": filled })),
        Ok(filled) => {
            context.report.out(&filled)?;
            Ok(Exit::Ok)
        }
        Err(wrong) => {
            let lines: Vec<String> = wrong.iter().map(ToString::to_string).collect();
            Err(Failure::new(Exit::NotFound, lines.join("\n")).into())
        }
    }
}

/// A new key in front of the old ones, and everything sealed with it. The old ones stay until nobody who has only them can write any more:
/// a server that was started before is one.
async fn rotate(finish: bool, place: &Place, context: &Context) -> anyhow::Result<Exit> {
    let Master::File(path) = place.options()?.master else {
        let failure = Failure::new(Exit::Usage, "the master key is in `WB_MASTER_KEY`, which is not ours to change");
        return Err(failure.hint("put a new key before the old one there; the server seals anew with it").into());
    };
    if !finish {
        let both = Keyring::open(&path).and_then(|keyring| keyring.with_new()).map_err(Failure::from)?;
        both.save(&path).map_err(Failure::from)?;
    }
    // Opened with the keys that are in the file now.
    let store = place.open().await?;
    let mut sealed = 0;
    loop {
        match store.global().reseal(BATCH).await.map_err(Failure::from)? {
            0 => break,
            some => sealed += some,
        }
    }
    if finish {
        let keyring = Keyring::open(&path).map_err(Failure::from)?;
        keyring.current_only().save(&path).map_err(Failure::from)?;
        context.report.say(&format!("only the newest key is left in `{}`", path.display()));
    } else {
        context.report.say(&format!("a new master key is in `{}`; sealed anew: {sealed}", path.display()));
        context.report.say("restart the server, then `wb var rotate --finish` removes the old key");
    }
    tell(context, || json!({ "ok": true, "sealed": sealed }))
}
