//! `wb publish validate`: whether settings can be used, and every reason why not.

use std::path::Path;

use serde_json::json;

use super::super::Context;
use super::settings::{self, Form, Settings, Target};
use crate::disk::Source;
use crate::exit::Exit;
use crate::json;
use crate::kernel::types::Diagnostic;

/// What to check.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The settings, such as `publish.org` or `site.org`
    #[arg(value_name = "FILE", default_value = super::CONFIG)]
    pub(super) file: String,
}

/// Checks it. Nothing is opened but the file, and nothing is sent.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let (source, report) = (context.read(&arguments.file)?, context.report);
    let site = source.path.as_deref().and_then(Path::file_name).is_some_and(|name| name == super::site::SITE);
    let form = if site { Form::Keywords } else { Form::Drawer };
    let read = settings::read(&source, form, context.kernel()?)?;
    match read {
        Ok(settings) => {
            if report.is_json() {
                report.value(&json!({ "ok": true, "settings": shown(&settings), "diagnostics": [] }))?;
            } else {
                report.out(&format!("{}\n", summary(&settings)))?;
            }
            Ok(Exit::Ok)
        }
        Err(wrong) => {
            tell(context, &wrong.source, &wrong.findings)?;
            Ok(Exit::Invalid)
        }
    }
}

/// Findings as the data of a command.
fn tell(context: &Context, source: &Source, findings: &[Diagnostic]) -> anyhow::Result<()> {
    let report = context.report;
    if report.is_json() {
        let list: Vec<_> = findings.iter().map(|found| json::diagnostic(found, Some(&source.name))).collect();
        report.value(&json!({ "ok": false, "settings": null, "diagnostics": list }))?;
    } else {
        report.findings(source, findings)?;
    }
    Ok(())
}

/// One line: where to, and as what.
fn summary(settings: &Settings) -> String {
    let mut parts = vec![format!("valid: {}", settings.target.name())];
    match &settings.target {
        Target::Directory => {}
        Target::GhPages { remote, branch } => parts.push(format!("branch {branch} of {remote}")),
        Target::SelfHosted { server, site } => {
            parts.push(server.clone());
            parts.extend(site.as_ref().map(|site| format!("site {site}")));
        }
        Target::CloudflarePages { project, .. } => parts.push(format!("project {project}")),
    }
    parts.extend(settings.domain.clone());
    parts.join(" · ")
}

fn shown(settings: &Settings) -> serde_json::Value {
    let mut shown = json!({
        "target": settings.target.name(),
        "source": settings.workbook.as_ref().map(|path| path.to_string_lossy()),
        "title": settings.title,
        "description": settings.description,
        "domain": settings.domain,
        "base": settings.base,
        "output": settings.output.as_ref().map(|path| path.to_string_lossy()),
    });
    let more = match &settings.target {
        Target::Directory => json!({}),
        Target::GhPages { remote, branch } => json!({ "remote": remote, "branch": branch }),
        Target::SelfHosted { server, site } => json!({ "server": server, "site": site }),
        Target::CloudflarePages { project, account } => json!({ "project": project, "account": account }),
    };
    if let (Some(shown), serde_json::Value::Object(more)) = (shown.as_object_mut(), more) {
        shown.extend(more);
    }
    shown
}
