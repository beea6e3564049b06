//! `wb key`: the API keys of a store, for its operator.

use serde_json::{Value, json};

use super::store::{Place, block};
use super::{Context, Failure};
use crate::exit::Exit;
use crate::store::PAGE;
use crate::store::keys::{ApiKey, Keys};
use crate::units;

/// What to do with keys.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Make a key and print it, once
    Create {
        /// What people call it
        name: String,
        /// What it is good for: `read`, `write`, `run`, `publish`, `secrets`, `admin` or `*`; repeatable
        #[arg(long = "scope", value_name = "SCOPE", default_value = "read")]
        scopes: Vec<String>,
        /// After how long it ends, such as `30d`
        #[arg(long, value_name = "TIME", value_parser = units::time)]
        expires: Option<std::time::Duration>,
    },
    /// List keys, without the keys themselves
    List,
    /// End a key at once
    Revoke {
        /// Its id
        id: String,
    },
}

/// Does it.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    block(async {
        let (place, report) = (&arguments.place, context.report);
        let tenant = place.tenant()?;
        let scope = place.open().await?.of(&tenant);
        let keys = scope.keys();
        match &arguments.verb {
            Verb::Create { name, scopes, expires } => {
                let known = crate::plane::control::SCOPES;
                if let Some(scope) = scopes.iter().find(|scope| !known.contains(&scope.as_str())) {
                    let failure = Failure::new(Exit::Usage, format!("there is no scope `{scope}`"));
                    return Err(failure.hint(format!("there is `{}`", known.join("`, `"))).into());
                }
                let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
                let length = |time: std::time::Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
                let expires = expires.map(|time| scope.now().saturating_add(length(time)));
                let (key, text) = keys.create(name, &scopes, expires).await.map_err(Failure::from)?;
                if report.is_json() {
                    let mut told = shown(&key);
                    told["key"] = json!(text);
                    report.value(&told)?;
                } else {
                    report.out(&format!("{text}\n"))?;
                    report.say(&format!("key `{}` for {}; it is not shown again", key.id, key.scopes.join(", ")));
                }
                Ok(Exit::Ok)
            }
            Verb::List => list(&keys, context).await,
            Verb::Revoke { id } => {
                keys.revoke(id).await.map_err(Failure::from)?;
                report.say(&format!("revoked `{id}`"));
                if report.is_json() {
                    report.value(&json!({ "ok": true, "id": id }))?;
                }
                Ok(Exit::Ok)
            }
        }
    })
}

fn shown(key: &ApiKey) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "scopes": key.scopes,
        "made": key.made,
        "expires": key.expires,
        "revoked": key.revoked,
    })
}

async fn list(keys: &Keys, context: &Context) -> anyhow::Result<Exit> {
    let mut all: Vec<ApiKey> = Vec::new();
    loop {
        let after = all.last().map_or("", |last| last.id.as_str()).to_owned();
        let page = keys.list(&after, PAGE).await.map_err(Failure::from)?;
        let last = page.len() < PAGE;
        all.extend(page);
        if last {
            break;
        }
    }
    if context.report.is_json() {
        context.report.value(&all.iter().map(shown).collect())?;
        return Ok(Exit::Ok);
    }
    let state = |key: &ApiKey| if key.revoked.is_some() { "revoked" } else { "" };
    let row = |key: &ApiKey| vec![key.id.clone(), key.name.clone(), key.scopes.join(" "), state(key).to_owned()];
    context.report.out(&crate::report::table(&all.iter().map(row).collect::<Vec<_>>()))?;
    Ok(Exit::Ok)
}
