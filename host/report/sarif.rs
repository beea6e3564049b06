//! Findings as SARIF 2.1.0, the form that code hosts and editors read.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::disk::Source;
use crate::kernel::types::{Diagnostic, Edit, Severity, Span};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Where the codes are explained.
const HELP: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/diagnostics.md");

/// One run over several files. `section` gives a code's one-line title and its explanation, where there are any.
/// Columns are counted in characters, as everywhere in wb.
#[must_use]
pub fn sarif(files: &[(Source, Vec<Diagnostic>)], section: impl Fn(&str) -> Option<(String, String)>) -> Value {
    let mut codes: Vec<&str> = files.iter().flat_map(|(_, findings)| findings).map(|each| each.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules = codes.iter().map(|code| match section(code) {
        Some((title, text)) => {
            // As code hosts make anchors of headings.
            let anchor: String = title
                .to_lowercase()
                .chars()
                .filter_map(|c| if c == ' ' { Some('-') } else { Some(c).filter(|c| c.is_alphanumeric() || *c == '-') })
                .collect();
            json!({
                "id": code,
                "shortDescription": { "text": title },
                "help": { "text": text, "markdown": text },
                "helpUri": format!("{HELP}#{}-{anchor}", code.to_lowercase()),
            })
        }
        None => json!({ "id": code }),
    });
    let results = files.iter().flat_map(|(source, findings)| {
        let lines = Lines::of(&source.text);
        let mut seen = HashMap::new();
        let codes = &codes;
        let results: Vec<Value> = findings
            .iter()
            .map(|finding| {
                let mut result = result(source, finding, codes.binary_search(&finding.code.as_str()).ok());
                result["partialFingerprints"] =
                    json!({ "wb/v1": fingerprint(&source.text, &lines, finding, &mut seen) });
                if !finding.fix.is_empty() {
                    result["fixes"] = json!([fix(source, &lines, finding)]);
                }
                result
            })
            .collect();
        results
    });
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "wb",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
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

/// Where lines begin, for places that come without line and column.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    /// Index of the line a byte stands in.
    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// Line and column, from 1.
    fn place(&self, text: &str, offset: usize) -> (usize, usize) {
        let line = self.at(offset);
        let start = self.0.get(line).copied().unwrap_or(0);
        (line + 1, text.get(start..offset).map_or(0, |before| before.chars().count()) + 1)
    }
}

/// The same for a finding that only moved: its code, the text of its line, and a number where there are several.
fn fingerprint(text: &str, lines: &Lines, finding: &Diagnostic, seen: &mut HashMap<blake3::Hash, u32>) -> String {
    let start = lines.0.get(lines.at(finding.span.start as usize)).copied().unwrap_or(0);
    let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let hash = blake3::hash(format!("{}\n{}", finding.code, line.trim()).as_bytes());
    let number = seen.entry(hash).or_default();
    *number += 1;
    format!("{}:{number}", hash.to_hex().get(..16).unwrap_or_default())
}

/// What `wb lint --fix` would do.
fn fix(source: &Source, lines: &Lines, finding: &Diagnostic) -> Value {
    let replacement = |edit: &Edit| {
        let (line, column) = lines.place(&source.text, edit.start as usize);
        let (end_line, end_column) = lines.place(&source.text, edit.end as usize);
        json!({
            "deletedRegion": {
                "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column,
                "byteOffset": edit.start, "byteLength": edit.end.saturating_sub(edit.start),
            },
            "insertedContent": { "text": edit.text },
        })
    };
    json!({
        "description": { "text": finding.help.as_deref().unwrap_or(&finding.message) },
        "artifactChanges": [{
            "artifactLocation": { "uri": uri(source) },
            "replacements": finding.fix.iter().map(replacement).collect::<Value>(),
        }],
    })
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
