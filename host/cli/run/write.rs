//! `wb run --write`: the results go into the workbook, under their blocks.
//!
//! What failed or was skipped keeps its old result. A file that changed while it ran is left alone.

use serde_json::{Value, json};

use super::super::book::Book;
use super::super::{Context, fmt};
use crate::edits;
use crate::execute::run::Status;
use crate::kernel::types::ResultValue;

/// What was done to the workbook.
pub(super) enum Written {
    /// It has been put back with so many results changed.
    File(usize),
    /// Its results are what they were.
    Same,
    /// It came from standard input; this is what it is now.
    Text(String),
}

/// The results of what is done.
pub(super) fn fresh(book: &Book, state: &[Status]) -> Vec<ResultValue> {
    let mut results = Vec::new();
    for (node, status) in book.graph.nodes.iter().zip(state) {
        let Status::Done { values, .. } = status else { continue };
        for (port, value) in node.outputs.iter().zip(values) {
            if let Some(json) = value.json() {
                results.push(ResultValue {
                    component: node.id.clone(),
                    port: port.name.clone(),
                    value: json.to_owned(),
                });
            }
        }
    }
    results
}

/// Puts the results into the workbook.
pub(super) fn write(book: &Book, state: &[Status], context: &Context) -> anyhow::Result<Written> {
    let text = &book.source.text;
    let changes = context.kernel()?.write_results(text, &fresh(book, state))?;
    let after = edits::apply(text, &changes);
    match &book.source.path {
        None => Ok(Written::Text(after)),
        // The file may have changed while it ran; then these results are not those of what it says now.
        Some(path) if changes.is_empty() => match crate::disk::read(path) {
            Ok(bytes) if bytes == text.as_bytes() => Ok(Written::Same),
            _ => fmt::put_back(path, text, text).map(|()| Written::Same).map_err(Into::into),
        },
        Some(path) => {
            fmt::put_back(path, text, &after)?;
            Ok(Written::File(changes.len()))
        }
    }
}

impl Written {
    /// What `--json` says about it.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::File(results) => json!({ "results": results }),
            Self::Same => json!({ "results": 0 }),
            Self::Text(text) => json!({ "text": text }),
        }
    }

    /// What a person is told.
    pub(super) fn sentence(&self, name: &str) -> Option<String> {
        match self {
            Self::File(1) => Some(format!("wrote 1 result into `{name}`")),
            Self::File(results) => Some(format!("wrote {results} results into `{name}`")),
            Self::Same => Some(format!("`{name}` has these results already")),
            Self::Text(_) => None,
        }
    }
}
