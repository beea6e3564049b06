//! WB604, WB605 and WB614: `#+KEYWORD:` lines that do nothing, or do it in an old way.

use std::ops::Range;

use crate::findings::Findings;
use crate::syntax::{Block, BlockKind, Document, Element, Kind};

/// What belongs to the element below, apart from `#+RESULTS:`, which may stand alone.
const AFFILIATED: &[&str] =
    &["caption", "data", "header", "headers", "label", "name", "plot", "resname", "source", "srcname", "tblname"];

/// Export blocks as they were written before Org 9.
const BACKENDS: &[&str] = &["ascii", "beamer", "html", "latex", "man", "markdown", "md", "odt", "org", "texinfo"];

/// What `#+OPTIONS:` can say, for all of Org's exporters, and `raw-html`, which is ours.
const OPTIONS: &[&str] = &[
    "H",
    "\\n",
    "num",
    "timestamp",
    "arch",
    "author",
    "expand-links",
    "broken-links",
    "c",
    "creator",
    "date",
    "d",
    "email",
    "*",
    "e",
    ":",
    "f",
    "inline",
    "tex",
    "p",
    "pri",
    "prop",
    "'",
    "-",
    "stat",
    "^",
    "toc",
    "|",
    "tags",
    "tasks",
    "<",
    "title",
    "todo",
    "html-postamble",
    "html-preamble",
    "html-style",
    "html-scripts",
    "html5-fancy",
    "html-link-use-abs-url",
    "html-self-link-headlines",
    "latex-use-sans",
    "raw-html",
];

/// Babel's header arguments that once were properties of their own.
pub(super) const OLD_PROPERTIES: &[&str] = &[
    "cache",
    "cmdline",
    "colnames",
    "comments",
    "eval",
    "exports",
    "epilogue",
    "file",
    "file-desc",
    "file-ext",
    "file-mode",
    "hlines",
    "mkdirp",
    "no-expand",
    "noeval",
    "noweb",
    "noweb-ref",
    "noweb-sep",
    "noweb-prefix",
    "output-dir",
    "padline",
    "post",
    "prologue",
    "results",
    "rownames",
    "sep",
    "session",
    "shebang",
    "tangle",
    "tangle-mode",
    "var",
    "wrap",
];

pub(super) fn check(document: &Document, findings: &mut Findings) {
    let mut category: Option<Range<usize>> = None;
    for element in super::shown(document) {
        match &element.kind {
            Kind::Keyword { key, .. } if element.attached => obsolete(document, key, findings),
            Kind::Keyword { key, value } => {
                let name = document.slice(key).to_ascii_lowercase();
                match name.as_str() {
                    "options" => options(document, value, findings),
                    "property" => property(document, value, findings),
                    "include" => include(document, value, findings),
                    "category" => match &category {
                        None => category = Some(key.clone()),
                        Some(first) => {
                            findings
                                .warning("WB605", key.clone(), "a file has one `#+CATEGORY:`")
                                .help("set `:CATEGORY:` in the drawer of a heading instead")
                                .label(first.clone(), "the first one is here");
                        }
                    },
                    _ => orphan(key, &name, findings),
                }
            }
            Kind::Block(block) if block.kind == BlockKind::Special => export_block(document, element, block, findings),
            _ => {}
        }
    }
}

fn orphan(key: &Range<usize>, name: &str, findings: &mut Findings) {
    if AFFILIATED.contains(&name) || name.starts_with("attr_") {
        findings
            .warning("WB604", key.clone(), format!("`#+{name}:` belongs to nothing"))
            .help("put it directly above what it is about, without an empty line between");
    }
}

/// `#+SRCNAME:` and the like.
fn obsolete(document: &Document, key: &Range<usize>, findings: &mut Findings) {
    let written = document.slice(key);
    let now = match written.to_ascii_lowercase().as_str() {
        "data" | "label" | "resname" | "source" | "srcname" | "tblname" => "NAME",
        "result" => "RESULTS",
        "headers" => "HEADER",
        _ => return,
    };
    let now = if written.chars().any(char::is_lowercase) { now.to_lowercase() } else { now.to_owned() };
    findings
        .warning("WB605", key.clone(), format!("`#+{written}:` is obsolete"))
        .help(format!("write `#+{now}:`"))
        .fix(key.clone(), now);
}

/// `#+begin_html`.
fn export_block(document: &Document, element: &Element, block: &Block, findings: &mut Findings) {
    let name = document.slice(&block.name);
    if !BACKENDS.iter().any(|b| b.eq_ignore_ascii_case(name)) {
        return;
    }
    let draft = findings
        .warning("WB605", block.name.clone(), format!("`#+begin_{name}` is an obsolete kind of export block"))
        .help(format!("write `#+begin_export {name}` and `#+end_export`"))
        .fix(block.name.clone(), format!("export {name}"));
    let last = document.slice(&(block.body.end..element.span.end));
    if let Some(i) = last.to_ascii_lowercase().rfind(&format!("_{}", name.to_ascii_lowercase())) {
        let start = block.body.end + i + 1;
        draft.fix(start..start + name.len(), "export");
    }
}

/// `#+PROPERTY: session x`.
fn property(document: &Document, value: &Range<usize>, findings: &mut Findings) {
    let text = document.slice(value);
    let Some((name, _)) = text.split_once([' ', '\t']) else { return };
    if OLD_PROPERTIES.iter().any(|p| p.eq_ignore_ascii_case(name)) {
        let at = value.start..value.start + name.len();
        findings
            .info("WB605", at.clone(), format!("Babel does not read the property `{name}` any more"))
            .help(format!("write `#+PROPERTY: header-args+ :{} …`", name.to_ascii_lowercase()))
            .fix(at, format!("header-args+ :{}", name.to_ascii_lowercase()));
    }
}

/// `#+INCLUDE: "file" html`, and one that says no file.
fn include(document: &Document, value: &Range<usize>, findings: &mut Findings) {
    let text = document.slice(value);
    let path = match text.strip_prefix('"').and_then(|rest| rest.find('"')) {
        Some(len) => len + 2,
        None => text.find(char::is_whitespace).unwrap_or(text.len()),
    };
    if path == 0 {
        let at = value.start.saturating_sub(1)..value.start;
        findings.warning("WB605", at, "`#+INCLUDE:` names no file").help("write its path in quotes");
        return;
    }
    let rest = text.get(path..).unwrap_or("");
    let word = rest.split_whitespace().next().unwrap_or("");
    if BACKENDS.iter().any(|b| b.eq_ignore_ascii_case(word)) {
        let start = value.start + path + (rest.len() - rest.trim_start().len());
        findings
            .warning("WB605", start..start + word.len(), format!("`{word}` alone is obsolete in `#+INCLUDE:`"))
            .help(format!("write `export {word}`"))
            .fix(start..start, "export ");
    }
}

/// `#+OPTIONS: toc:nil num:t`.
fn options(document: &Document, value: &Range<usize>, findings: &mut Findings) {
    for word in crate::syntax::line_words(document.text(), value) {
        let text = document.slice(&word);
        // A value in parentheses goes on over blanks.
        let Some(i) = text.char_indices().skip(1).find(|(_, c)| *c == ':').map(|(i, _)| i) else { continue };
        let (name, given) = (&text[..i], &text[i + 1..]);
        let at = word.start..word.start + name.len();
        if !OPTIONS.contains(&name) {
            let meant = findings.suggest(name, OPTIONS.iter().copied().filter(|o| o.len() > 2));
            let draft = findings.info("WB614", at, format!("`#+OPTIONS:` knows no `{}`", crate::text::clip(name, 40)));
            match meant {
                Some(meant) => draft.help(format!("did you mean `{meant}`?")),
                None => draft.help("it does nothing; remove it"),
            };
        } else if given.is_empty() {
            findings.info("WB614", at, format!("the option `{name}` has no value")).help("write `t` or `nil`");
        }
    }
}
