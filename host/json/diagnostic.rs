//! Diagnostics: `{code, severity, message, span, help?, component?, labels?, fix?}`.

use serde_json::Value;

use super::{object, some};
use crate::kernel::types::{Diagnostic, Edit, Label, Severity, Span};

/// One finding. `file` is given where findings of several files stand in one list.
#[must_use]
pub fn diagnostic(finding: &Diagnostic, file: Option<&str>) -> Value {
    let labels: Vec<Value> = finding.labels.iter().map(label).collect();
    let fix: Vec<Value> = finding.fix.iter().map(edit).collect();
    object([
        ("code", some(finding.code.as_str())),
        ("severity", some(severity(finding.severity))),
        ("message", some(finding.message.as_str())),
        ("span", some(span(&finding.span))),
        ("help", finding.help.as_deref().map(Value::from)),
        ("component", finding.component.as_deref().map(Value::from)),
        ("labels", if labels.is_empty() { None } else { some(labels) }),
        ("fix", if fix.is_empty() { None } else { some(fix) }),
        ("file", file.map(Value::from)),
    ])
}

/// Replaces the bytes from `start` to `end`.
fn edit(edit: &Edit) -> Value {
    object([("start", some(edit.start)), ("end", some(edit.end)), ("text", some(edit.text.as_str()))])
}

fn label(label: &Label) -> Value {
    object([("message", some(label.message.as_str())), ("span", some(span(&label.span)))])
}

/// A place to point at has a column too: `{start, end, line, column}`.
fn span(span: &Span) -> Value {
    object([
        ("start", some(span.start)),
        ("end", some(span.end)),
        ("line", some(span.line)),
        ("column", some(span.column)),
    ])
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}
