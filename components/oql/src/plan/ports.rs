//! `:in: name`, `name:type`, `name=default`, `name:type=default`, several of them separated by spaces.

use std::ops::Range;

use crate::wit_text::{Mention, Type, WitError, parse_type};

/// Brackets are matched within this many characters; looking further would be quadratic on hostile lines.
const MAX_WORD: usize = 512;

/// One port as written.
#[derive(Debug, Clone)]
pub(crate) struct PortText {
    pub(crate) name: Range<usize>,
    pub(crate) ty: Option<Range<usize>>,
    pub(crate) default: Option<String>,
}

/// A port with its type read.
#[derive(Debug, Clone)]
pub(crate) struct PortDraft {
    pub(crate) name: String,
    pub(crate) at: Range<usize>,
    /// The type the author wrote, aliases expanded.
    pub(crate) written: Option<Type>,
    /// Where that type stands; the name where there is none.
    pub(crate) ty_at: Range<usize>,
    pub(crate) default: Option<String>,
    /// The type after wiring.
    pub(crate) ty: Type,
    pub(crate) mentions: Vec<Mention>,
}

impl PortDraft {
    pub(crate) fn new(name: &str, at: Range<usize>) -> Self {
        PortDraft {
            name: name.to_owned(),
            ty_at: at.clone(),
            at,
            written: None,
            default: None,
            ty: Type::json(),
            mentions: Vec::new(),
        }
    }
}

/// Reads the type of a port.
pub(crate) fn draft(text: &str, port: &PortText) -> (PortDraft, Option<WitError>) {
    let mut draft = PortDraft::new(text.get(port.name.clone()).unwrap_or(""), port.name.clone());
    draft.default.clone_from(&port.default);
    let Some(at) = &port.ty else { return (draft, None) };
    draft.ty_at = at.clone();
    match parse_type(text, at) {
        Ok((ty, mentions)) => {
            draft.written = Some(ty);
            draft.mentions = mentions;
            (draft, None)
        }
        Err(error) => (draft, Some(error)),
    }
}

/// The ports written in `text[range]`.
pub(crate) fn parse(text: &str, range: &Range<usize>) -> Vec<PortText> {
    let mut out: Vec<PortText> = Vec::new();
    let slice = text.get(range.clone()).unwrap_or("");
    let mut at = 0;
    while at < slice.len() {
        let skipped = slice[at..].len() - slice[at..].trim_start_matches([' ', '\t', ',', '\n', '\r']).len();
        at += skipped;
        if at >= slice.len() {
            break;
        }
        let end = at + token_length(&slice[at..]);
        // `items: list<string>`: a colon at the end of a word takes the next word as its type.
        let token = &slice[at..end];
        let mut whole = end;
        if token.len() > 1 && token.ends_with(':') && !token[..token.len() - 1].contains([':', '=']) {
            let gap = slice[end..].len() - slice[end..].trim_start_matches([' ', '\t']).len();
            if gap > 0 {
                whole = end + gap + token_length(&slice[end + gap..]);
            }
        }
        if let Some(port) = one(slice, at..whole, range.start) {
            out.push(port);
        }
        at = whole.max(at + 1);
        while !slice.is_char_boundary(at) {
            at += 1;
        }
    }
    out
}

/// Length of the word at the beginning: white space and commas end it, unless inside brackets or quotes.
fn token_length(text: &str) -> usize {
    let mut depth = 0usize;
    let mut quoted = false;
    let mut escaped = false;
    for (i, c) in text.char_indices().take(MAX_WORD) {
        if quoted {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '"' => quoted = true,
            '<' | '(' | '[' | '{' => depth += 1,
            '>' | ')' | ']' | '}' => depth = depth.saturating_sub(1),
            c if depth == 0 && (c.is_whitespace() || c == ',') => return i,
            _ => {}
        }
    }
    // A bracket or quote that never closes must not swallow the ports behind it.
    let closed = depth == 0 && !quoted && text.len() <= MAX_WORD;
    if !closed { text.find([' ', '\t', ',']).unwrap_or(text.len()) } else { text.len() }
}

/// Splits one word at its first `=` outside brackets, and what is before it at its first `:`.
fn one(slice: &str, word: Range<usize>, base: usize) -> Option<PortText> {
    let text = &slice[word.clone()];
    let equals = text.find('=');
    let head = &text[..equals.unwrap_or(text.len())];
    let default = equals.map(|i| unquote(text[i + 1..].trim()));
    let (name, ty) = match head.find(':') {
        Some(i) => (&head[..i], Some(i + 1..head.len())),
        None => (head, None),
    };
    let start = base + word.start;
    let ty = ty.map(|r| start + r.start..start + r.end).map(|r| {
        let slice = &slice[r.start - base..r.end - base];
        let lead = slice.len() - slice.trim_start().len();
        r.start + lead..r.start + lead + slice.trim().len()
    });
    let name = start..start + name.trim_end().len();
    (!name.is_empty()).then_some(PortText { name, ty: ty.filter(|r| !r.is_empty()), default })
}

/// `"a \"b\""` → `a "b"`; anything else stays as it is.
fn unquote(text: &str) -> String {
    match text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
        Some(inner) if text.len() >= 2 => inner.replace("\\\"", "\"").replace("\\\\", "\\"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let text = format!("é {text}");
        let ports = parse(&text, &(3..text.len()));
        let shown: Vec<String> = ports
            .into_iter()
            .map(|p| format!("{}|{}|{}", &text[p.name], p.ty.map_or("", |t| &text[t]), p.default.unwrap_or_default()))
            .collect();
        assert_eq!(shown.join(" ; "), expect);
    }

    #[test]
    fn ports() {
        check("a b", "a|| ; b||");
        check("a:u8, b: list<tuple<u8, string>> c", "a|u8| ; b|list<tuple<u8, string>>| ; c||");
        check("name=Ada n:u32=3 s=\"x y\" j={\"a\": [1, 2]}", "name||Ada ; n|u32|3 ; s||x y ; j||{\"a\": [1, 2]}");
        check("a:list<u8 b", "a|list<u8| ; b||");
        check(":x é:é", "é|é|");
        check("a:", "a||");
    }
}
