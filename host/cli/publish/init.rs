//! `wb publish init`: a `publish.org` to begin with.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;

use super::super::{Context, Failure};
use super::settings::{self, Form};
use crate::disk::{self, Source};
use crate::exit::Exit;

/// What to begin with.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The workbook that is to be published
    #[arg(value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Where to write the settings
    #[arg(long, value_name = "FILE", default_value = super::CONFIG)]
    pub(super) config: PathBuf,
    /// Where to publish: `directory`, `gh-pages`, `self-hosted` or `cloudflare-pages`
    #[arg(long, value_name = "TARGET", default_value = "directory", value_parser = ["directory", "gh-pages", "self-hosted", "cloudflare-pages"])]
    pub(super) target: String,
    /// The project on Cloudflare Pages, or the site's id on a server
    #[arg(long, value_name = "NAME")]
    pub(super) project: Option<String>,
    /// The host that people will know it by
    #[arg(long, value_name = "HOST")]
    pub(super) domain: Option<String>,
    /// The address of the server, or where the site will be
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// Replace a file that is there
    #[arg(long)]
    pub(super) force: bool,
}

/// Writes it.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let path = &arguments.config;
    if disk::exists(path) && !arguments.force {
        let message = format!("`{}` is there already", path.display());
        return Err(Failure::new(Exit::Conflict, message).hint("`--force` replaces it").into());
    }
    let text = text(arguments);
    let name = path.to_string_lossy().into_owned();
    let source = Source { name, path: Some(path.clone()), text };
    // What is written can be read: a flag may have said something that is none.
    if let Err(wrong) = settings::read(&source, Form::Drawer, context.kernel()?)? {
        let first = wrong.findings.first().map_or(String::new(), |found| found.message.clone());
        let help = wrong.findings.into_iter().next().and_then(|found| found.help).unwrap_or_default();
        return Err(Failure::new(Exit::Usage, first).hint(help).into());
    }
    disk::write_atomic(path, source.text.as_bytes()).with_context(|| format!("cannot write `{}`", path.display()))?;
    if context.report.is_json() {
        context.report.value(&json!({ "ok": true, "file": source.name, "target": arguments.target }))?;
    } else {
        context.report.out(&format!("{}\n", source.name))?;
    }
    context.report.say("`wb publish validate` checks it, `wb publish apply --dry-run` shows what would be published");
    Ok(Exit::Ok)
}

fn text(arguments: &Arguments) -> String {
    let mut text = String::from(
        "#+TITLE: Publishing\n\n* Where the workbook goes                                            :publish:\n:PROPERTIES:\n",
    );
    let mut line = |key: &str, value: &str| text.push_str(&format!(":{key}: {value}\n"));
    line("PUBLISH_TARGET", &arguments.target);
    if let Some(file) = &arguments.file {
        line("PUBLISH_SOURCE", &file.to_string_lossy());
    }
    let hosted = arguments.target == "self-hosted";
    let project =
        arguments.project.clone().or_else(|| (arguments.target == "cloudflare-pages").then(|| named(arguments)));
    if let Some(project) = project {
        line("PUBLISH_PROJECT", &project);
    }
    match (&arguments.url, hosted) {
        (Some(url), _) => line("PUBLISH_URL", url),
        (None, true) => line("PUBLISH_URL", "http://127.0.0.1:4000"),
        (None, false) => {}
    }
    if let Some(domain) = &arguments.domain {
        line("PUBLISH_DOMAIN", domain);
    }
    line("PUBLISH_OUTPUT", settings::OUTPUT);
    text.push_str(":END:\n\nTokens do not belong here: they come from the environment. ~wb publish validate~ says what is wrong with this file.\n");
    text
}

/// A project's name made of the workbook's.
fn named(arguments: &Arguments) -> String {
    let stem =
        arguments.file.as_deref().and_then(Path::file_stem).map(|stem| stem.to_string_lossy().to_ascii_lowercase());
    let name: String =
        stem.unwrap_or_default().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name: String = name.trim_matches('-').chars().take(58).collect();
    if name.is_empty() { "my-workbook".to_owned() } else { name.trim_matches('-').to_owned() }
}
