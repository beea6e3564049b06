//! `wb caps`: what each component asks for and thereby gets, and what its binary imports.

use serde_json::{Value, json};

use super::Context;
use super::book::{self, Book};
use crate::execute::prepare::Ready;
use crate::exit::Exit;
use crate::lanes::{Failure, Made};

/// Which workbook.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Org file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
}

/// Prints the table of components and rights.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let book = match book::open(&arguments.file, context)? {
        Ok(book) => book,
        Err(exit) => return Ok(exit),
    };
    let nodes = book.prepare(context);
    let rows: Vec<Row> = (0..nodes.len()).map(|node| Row::of(&book, node, &nodes[node])).collect();
    if context.report.is_json() {
        context.report.value(&rows.iter().map(Row::json).collect::<Value>())?;
    } else {
        let width = rows.iter().map(|row| row.id.len()).max().unwrap_or(0);
        for row in &rows {
            let rights = if row.caps.is_empty() { "nothing".to_owned() } else { row.caps.join(" ") };
            context.report.out(&format!("{:width$}  {rights}\n", row.id))?;
            if !row.imports.is_empty() {
                let imports = format!("{:width$}  imports {}", "", row.imports.join(" "));
                context.report.out(&format!("{}\n", context.report.dim(&imports)))?;
            }
        }
    }
    let findings: Vec<_> = rows.iter().flat_map(|row| row.findings.clone()).collect();
    if findings.is_empty() {
        return Ok(Exit::Ok);
    }
    context.report.complaints(&book.source, &findings);
    Ok(Exit::Failed)
}

struct Row {
    id: String,
    caps: Vec<String>,
    /// Interfaces that the component's binary imports, where it is one of its own.
    imports: Vec<String>,
    findings: Vec<crate::kernel::types::Diagnostic>,
}

impl Row {
    fn of(book: &Book, node: usize, made: &Result<Ready, Failure>) -> Self {
        let of = &book.graph.nodes[node];
        let (imports, findings) = match made {
            Ok(ready) => (imports(&ready.made), Vec::new()),
            Err(failure) => (Vec::new(), book.failure(node, "caps", failure)),
        };
        Self { id: of.id.clone(), caps: of.caps.clone(), imports, findings }
    }

    fn json(&self) -> Value {
        json!({ "component": self.id, "caps": self.caps, "imports": self.imports, "ok": self.findings.is_empty() })
    }
}

fn imports(made: &Made) -> Vec<String> {
    let (Made::Function { component, .. } | Made::Program { component }) = made else { return Vec::new() };
    // A component that was made here can be read; core modules that were taken out of it are no rights.
    let offer = wb_composer::signature::offer(component);
    let mut names = offer.map(|offer| offer.imports).unwrap_or_default();
    names.retain(|name| !name.starts_with("wb-m") && !name.starts_with("wb:book/"));
    names
}
