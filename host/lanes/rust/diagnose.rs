//! Reads what rustc says (`--error-format=json`, one object a line) and finds its place in the block.

use serde_json::Value;

use crate::lanes::Problem;

/// What to do instead of reading a file.
pub(super) const READS: &str = "a block is compiled apart from all files; hand the text in as an input";

/// What to do about a crate that is not there.
const OTHERS: &str = "a Rust block has the standard library, and the packages that its `:deps` name";

/// Errors of one call of rustc.
#[derive(Debug, Default)]
pub(super) struct Errors {
    /// Those with a place in the block, or without any place.
    pub(super) block: Vec<Problem>,
    /// Those in generated code: the file, and what is said.
    pub(super) elsewhere: Vec<(String, String)>,
}

/// Reads the errors; warnings, notes and the closing summary are left out. The block has `lines` lines.
pub(super) fn errors(stderr: &[u8], file: &str, lines: u32) -> Errors {
    let mut errors = Errors::default();
    for line in String::from_utf8_lossy(stderr).lines() {
        let Ok(said) = serde_json::from_str::<Value>(line) else { continue };
        let message = said["message"].as_str().unwrap_or_default();
        let is_error = said["level"].as_str().is_some_and(|level| level.starts_with("error"));
        if !is_error || message.starts_with("aborting due to") || message.starts_with("For more information") {
            continue;
        }
        let spans = said["spans"].as_array().map_or(&[][..], Vec::as_slice);
        let primary = spans.iter().find(|span| span["is_primary"] == true);
        match primary.map(|span| place(span, file)) {
            Some(None) => {
                let file = primary.and_then(|span| span["file_name"].as_str()).unwrap_or_default();
                errors.elsewhere.push((file.to_owned(), explained(message, spans)));
            }
            found => {
                let help = cure(message).map(str::to_owned).or_else(|| advice(&said));
                let message = explained(message, spans);
                let Some((line, column)) = found.flatten() else {
                    errors.block.push(Problem { message, line: None, column: None, within: None, help });
                    continue;
                };
                // A bracket left open is noticed at the end; where it was opened a label says.
                let opened = spans.iter().find(|span| span["label"] == "unclosed delimiter");
                let (line, column) = opened.and_then(|span| place(span, file)).unwrap_or((line, column));
                let line = line.min(lines.max(1));
                errors.block.push(Problem { message, line: Some(line), column: Some(column), within: None, help });
            }
        }
    }
    // One cause is often said more than once.
    errors.block.dedup();
    errors.block.sort_by_key(|problem| (problem.line, problem.column));
    errors
}

/// Where a span is in the block: its own place, or that of the macro call it was made by.
fn place(span: &Value, file: &str) -> Option<(u32, u32)> {
    let mut span = span;
    loop {
        if span["file_name"].as_str() == Some(file) {
            let number = |key: &str| span[key].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(1);
            return Some((number("line_start"), number("column_start")));
        }
        span = span.get("expansion")?.get("span")?;
    }
}

/// A message with what its label adds: `mismatched types: expected `f64`, found `u8``.
fn explained(message: &str, spans: &[Value]) -> String {
    let label = spans.iter().find(|span| span["is_primary"] == true).and_then(|span| span["label"].as_str());
    match label {
        Some(label) if !label.is_empty() && !message.contains(label) => format!("{message}: {}", flat(label)),
        _ => flat(message),
    }
}

fn flat(text: &str) -> String {
    text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ")
}

/// The first advice rustc gives.
fn advice(said: &Value) -> Option<String> {
    let children = said["children"].as_array()?;
    let help = children.iter().find(|child| child["level"] == "help")?;
    let text = flat(help["message"].as_str()?);
    let replacement =
        help["spans"].as_array().into_iter().flatten().find_map(|span| span["suggested_replacement"].as_str());
    match replacement.map(str::trim).filter(|replacement| !replacement.is_empty() && replacement.len() < 60) {
        Some(replacement) => Some(format!("{text}: `{}`", flat(replacement))),
        None => Some(text),
    }
}

/// What to do about errors that have to do with how blocks are compiled, where rustc's own advice would mislead.
fn cure(message: &str) -> Option<&'static str> {
    let table: &[(&[&str], &str)] = &[
        (&["couldn't read"], READS),
        (&["file not found for module"], "a block is one file; write the module here, as `mod name { … }`"),
        (
            &["environment variable", "not defined at compile time"],
            "a block is compiled without environment; make it an input",
        ),
        (&["cannot find module or crate"], OTHERS),
        (&["unlinked crate"], OTHERS),
        (&["can't find crate"], OTHERS),
        (&["unresolved import"], OTHERS),
        (&["may not be used on the stable release channel"], "leave the feature out, or use a nightly compiler"),
        (
            &["no global memory allocator"],
            "leave `#[panic_handler]` out; a block without it gets one, and an allocator",
        ),
        (&["linking with"], "a typed block imports nothing and is linked to no library"),
    ];
    let (_, cure) = table.iter().find(|(words, _)| words.iter().all(|word| message.contains(word)))?;
    Some(cure)
}

/// The files a compilation read, from what rustc lists in a make file (`--emit=dep-info`).
pub(super) fn read_files(make: &str) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    // Every file has a rule of its own without prerequisites, which is the form without ambiguity.
    for line in make.lines() {
        if let Some(file) = line.strip_suffix(':').filter(|file| !file.is_empty() && !file.starts_with('#')) {
            files.push(file.replace("\\ ", " "));
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_found_in_the_block_or_in_the_glue() {
        let stderr = r#"{"message":"mismatched types","level":"error","spans":[{"file_name":"block.rs","line_start":3,"column_start":5,"is_primary":true,"label":"expected `f64`, found `u8`"}],"children":[]}
not json
{"message":"unused","level":"warning","spans":[],"children":[]}
{"message":"no such function","level":"error","spans":[{"file_name":"glue.rs","line_start":3,"column_start":5,"is_primary":true,"label":null}],"children":[]}
{"message":"couldn't read `/etc/passwd`: Permission denied (os error 13)","level":"error","spans":[{"file_name":"std.rs","line_start":9,"column_start":9,"is_primary":true,"expansion":{"span":{"file_name":"block.rs","line_start":2,"column_start":7}}}],"children":[]}
{"message":"this file contains an unclosed delimiter","level":"error","spans":[{"file_name":"block.rs","line_start":12,"column_start":1,"is_primary":true},{"file_name":"block.rs","line_start":4,"column_start":9,"is_primary":false,"label":"unclosed delimiter"}],"children":[]}
{"message":"aborting due to 3 previous errors","level":"error","spans":[],"children":[]}"#;
        let errors = errors(stderr.as_bytes(), "block.rs", 5);
        let found: Vec<_> =
            errors.block.iter().map(|p| (p.line.unwrap(), p.column.unwrap(), p.message.as_str())).collect();
        assert_eq!(
            found,
            [
                (2, 7, "couldn't read `/etc/passwd`: Permission denied (os error 13)"),
                (3, 5, "mismatched types: expected `f64`, found `u8`"),
                (4, 9, "this file contains an unclosed delimiter"),
            ]
        );
        assert!(errors.block[0].help.as_deref().is_some_and(|help| help.contains("as an input")));
        assert_eq!(errors.elsewhere, [("glue.rs".to_owned(), "no such function".to_owned())]);
    }

    #[test]
    fn the_files_read_are_listed() {
        let make = "block.wasm: block.rs /etc/pass\\ wd\n\nblock.rs:\n/etc/pass\\ wd:\n# env-dep:HOME\n";
        assert_eq!(read_files(make), ["block.rs", "/etc/pass wd"]);
    }
}
