//! WB606 and WB610: source blocks, export blocks and calls; their header arguments are looked at by `arguments`.

use std::ops::Range;

use super::arguments;
use crate::findings::Findings;
use crate::syntax::{Block, BlockKind, Document, Element, Kind, line_words};

pub(super) fn check(document: &Document, findings: &mut Findings) {
    for element in super::shown(document) {
        match &element.kind {
            Kind::Block(block) if block.kind == BlockKind::Src => source(document, element, block, findings),
            Kind::Block(block) if block.kind == BlockKind::Export && block.args.is_empty() => {
                findings
                    .warning("WB606", block.name.clone(), "this export block does not say for what")
                    .help("write `#+begin_export html`, or another backend");
            }
            Kind::BabelCall { value } => call(document, value, findings),
            _ => {}
        }
    }
}

fn source(document: &Document, element: &Element, block: &Block, findings: &mut Findings) {
    let words = line_words(document.text(), &block.args);
    let lang = words.first().filter(|w| !document.slice(w).starts_with([':', '-']));
    if lang.is_none() {
        findings
            .warning("WB606", block.name.clone(), "this source block names no language")
            .help("write `#+begin_src LANGUAGE`; text that is no code goes into `#+begin_example`");
    }
    let begin = lang.map_or(block.args.start, |l| l.end);
    arguments::all(document, &(begin..block.args.end), findings);
    for keyword in document.elements.get(element.affiliated.clone()).unwrap_or_default() {
        if let Kind::Keyword { key, value } = &keyword.kind
            && document.slice(key).to_ascii_lowercase().starts_with("header")
        {
            arguments::all(document, value, findings);
        }
    }
}

/// `#+CALL: name[inside](arguments)[end]`.
fn call(document: &Document, value: &Range<usize>, findings: &mut Findings) {
    let text = document.slice(value);
    let open = text.find('(');
    let name = text.split(['(', '[']).next().unwrap_or("").trim();
    let ok = open.is_some_and(|open| text[open..].contains(')')) && !name.is_empty() && !name.contains(' ');
    if ok {
        if let Some((_, inside)) = text[..open.unwrap_or(0)].split_once('[') {
            let inside = inside.trim_end().trim_end_matches(']');
            let start = value.start + text.find('[').map_or(0, |i| i + 1);
            arguments::all(document, &(start..start + inside.len()), findings);
        }
        if let Some(close) = text.rfind(')') {
            arguments::all(document, &(value.start + close + 1..value.end), findings);
        }
        let end = text.rfind(')').map_or("", |i| text[i + 1..].trim());
        if end.starts_with('[') && end.ends_with(']') && end.len() > 1 {
            let start = value.start + text.rfind(end).unwrap_or(0);
            findings
                .warning("WB610", start..start + end.len(), "the arguments behind a call stand without brackets")
                .help("remove the brackets")
                .fix(start..start + 1, "")
                .fix(start + end.len() - 1..start + end.len(), "");
        }
        return;
    }
    findings.warning("WB610", value.clone(), "this is no call of a block").help("write `#+CALL: name(argument=value)`");
}
