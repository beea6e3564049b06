//! `wb vendor`: the packages that a workbook's Rust blocks name, into the folder `vendor` beside it, from where runs take them.
//!
//! The one verb that downloads packages of blocks. Nothing of them is run.

use anyhow::bail;
use serde_json::json;

use super::book;
use super::{Context, Failure};
use crate::execute::graph::Origin;
use crate::execute::prepare;
use crate::exit::Exit;
use crate::kernel::types::Span;
use crate::lanes::Lane;
use crate::lanes::rust::crates;

/// Which workbook.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Org file, beside which the folder is
    #[arg(value_name = "FILE")]
    pub file: String,
}

/// Fetches the packages.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    if arguments.file == "-" {
        bail!(Failure::new(Exit::Usage, "standard input has no folder; give a file".to_owned()));
    }
    let book = match book::open(&arguments.file, context)? {
        Ok(book) => book,
        Err(exit) => return Ok(exit),
    };
    let rust = |origin: &Origin| matches!(origin, Origin::Block { lang, .. } if Lane::of(lang) == Some(Lane::Rust));
    let nodes = book.graph.nodes.iter().enumerate().filter(|(_, node)| rust(&node.origin));
    let nodes: Vec<usize> = nodes.filter(|(_, node)| !node.packages.is_empty()).map(|(index, _)| index).collect();
    let Some(first) = nodes.first() else {
        context.report.say("no Rust block of the workbook names packages with `:deps`");
        return Ok(Exit::Ok);
    };
    let word = |node: usize| {
        let node = &book.graph.nodes[node];
        let spans = node.package_spans.iter().copied().map(Some).chain(std::iter::repeat(None));
        node.packages.iter().cloned().zip(spans).collect::<Vec<(String, Option<Span>)>>()
    };
    let words: Vec<_> = nodes.iter().flat_map(|node| word(*node)).collect();
    let toolchain = match prepare::rust_toolchain(context.cache()) {
        Ok(toolchain) => toolchain,
        Err(missing) => bail!(Failure::new(Exit::Failed, missing.to_string())),
    };
    match crates::fetch(&words, &book.root, context.offline(), &toolchain) {
        Ok(fetched) => {
            let count = fetched.packages.len();
            if context.report.is_json() {
                context.report.value(&json!({ "ok": true, "packages": fetched.packages }))?;
            }
            context.report.say(&format!("{count} package{} in `vendor`", if count == 1 { "" } else { "s" }));
            Ok(Exit::Ok)
        }
        Err(failure) => {
            book::complain(context, &book.source, &book.failure(*first, "link", &failure))?;
            Ok(Exit::Failed)
        }
    }
}
