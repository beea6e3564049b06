//! Findings as SARIF 2.1.0, the form that code hosts and editors read.

use serde_json::{Value, json};

use crate::disk::Source;
use crate::kernel::types::{Diagnostic, Severity, Span};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// One run over several files. `title` gives a code's one-line title, where there is one.
#[must_use]
pub fn sarif(files: &[(Source, Vec<Diagnostic>)], title: impl Fn(&str) -> Option<String>) -> Value {
    let mut codes: Vec<&str> = files.iter().flat_map(|(_, findings)| findings).map(|each| each.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules = codes.iter().map(|code| match title(code) {
        Some(title) => json!({ "id": code, "shortDescription": { "text": title } }),
        None => json!({ "id": code }),
    });
    let results = files.iter().flat_map(|(source, findings)| {
        findings.iter().map(|finding| result(source, finding, codes.binary_search(&finding.code.as_str()).ok()))
    });
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "wb",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Value>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Value>(),
        }],
    })
}

fn result(source: &Source, finding: &Diagnostic, rule: Option<usize>) -> Value {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    };
    let message = match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    };
    let mut result = json!({
        "ruleId": finding.code,
        "level": level,
        "message": { "text": message },
        "locations": [location(source, &finding.span)],
    });
    if let Some(rule) = rule {
        result["ruleIndex"] = rule.into();
    }
    if !finding.labels.is_empty() {
        let related = finding.labels.iter().enumerate().map(|(id, label)| {
            let mut location = location(source, &label.span);
            location["id"] = id.into();
            location["message"] = json!({ "text": label.message });
            location
        });
        result["relatedLocations"] = related.collect();
    }
    result
}

fn location(source: &Source, span: &Span) -> Value {
    let (line, column) = end(&source.text, span);
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(source) },
        "region": {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": line,
            "endColumn": column,
            "byteOffset": span.start,
            "byteLength": span.end.saturating_sub(span.start),
        },
    } })
}

/// Line and column of a span's end, counted on from its begin.
fn end(text: &str, span: &Span) -> (u32, u32) {
    let Some(spanned) = text.get(span.start as usize..span.end as usize) else { return (span.line, span.column) };
    // A file has at most 2^26 bytes, so neither number overflows.
    let lines = spanned.matches('\n').count() as u32;
    let last = spanned.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) as u32;
    (span.line + lines, if lines == 0 { span.column + last } else { last + 1 })
}

/// The path as a relative or absolute URI reference.
fn uri(source: &Source) -> String {
    let Some(path) = &source.path else { return "stdin".to_owned() };
    let path = path.to_string_lossy().replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let escaped: String =
        path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
    if escaped.starts_with('/') { format!("file://{escaped}") } else { escaped }
}
