//! `wb render`: a workbook as an HTML page, or as the fragment inside one.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;

use super::run::page::name;
use super::{Context, references};
use crate::disk;
use crate::exit::Exit;
use crate::kernel::types::{RawHtml, RenderOptions};
use crate::page;

/// What to render, and where to.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Org file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Write to this file; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
    /// Only the page's content, without `<html>`, `<head>` and `<body>`
    #[arg(long)]
    pub fragment: bool,
    /// Keep raw HTML where the file opts in as well
    #[arg(long)]
    pub allow_html: bool,
    /// Keep all raw HTML; only for files you trust like programs
    #[arg(long, conflicts_with = "allow_html")]
    pub trust_html: bool,
    /// What Org's own exporter gives, without the additions of wb (see docs/org-export.md)
    #[arg(long)]
    pub plain: bool,
}

/// Writes the page.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let source = context.read(&arguments.file)?;
    let options = RenderOptions {
        raw_html: match (arguments.trust_html, arguments.allow_html) {
            (true, _) => RawHtml::Keep,
            (false, true) => RawHtml::ByConsent,
            (false, false) => RawHtml::Drop,
        },
        plain: arguments.plain,
        results: Vec::new(),
        failures: Vec::new(),
        files: references::files(&source, context)?,
    };
    let rendered = context.kernel()?.render(&source.text, &options)?;
    let report = context.report;
    let html = if arguments.fragment { rendered.fragment.clone() } else { page::page(&rendered, &name(&source)) };
    let to_file = arguments.output != Path::new("-");
    if to_file {
        let target = &arguments.output;
        disk::write_atomic(target, html.as_bytes()).with_context(|| format!("cannot write `{}`", target.display()))?;
        report.say(&format!("{}: {}", target.display(), crate::report::bytes(html.len() as u64)));
    }
    if report.is_json() {
        report.value(&json!({
            "title": rendered.title,
            "description": rendered.description,
            "language": rendered.language,
            "author": rendered.author,
            "date": rendered.date,
            "output": to_file.then(|| arguments.output.to_string_lossy()),
            "html": (!to_file).then_some(html),
        }))?;
    } else if !to_file {
        report.out(&html)?;
    }
    Ok(Exit::Ok)
}
