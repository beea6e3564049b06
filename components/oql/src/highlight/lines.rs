//! What the beginning of a line means: keys and sections of settings, targets of a makefile, the preprocessor. And the
//! languages that are lines all through: diffs, Org, Markdown.

use super::language::LineStart;
use super::lexer::Lexer;
use super::painter::{Class, Painter};

/// Takes what stands at the beginning of a line, if it is something.
pub(super) fn start(lexer: &mut Lexer<'_, '_, '_>) {
    let line = lexer.rest().get(..lexer.line_length()).unwrap_or_default();
    let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
    let text = line.get(blanks..).unwrap_or_default();
    match lexer.language.start {
        LineStart::Plain => {}
        LineStart::Preprocessor => {
            if let Some(rest) = text.strip_prefix('#') {
                let gap = rest.len() - rest.trim_start_matches(' ').len();
                let word = rest.bytes().skip(gap).take_while(u8::is_ascii_alphabetic).count();
                if word > 0 {
                    lexer.at += blanks;
                    lexer.take(1 + gap + word, Class::Meta);
                }
            }
        }
        LineStart::Keys(separator) => key(lexer, separator, line, blanks),
        LineStart::Targets => {
            let name = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"._-/%".contains(b)).count();
            let colon = text.get(name..).is_some_and(|rest| rest.starts_with(':') && !rest.starts_with(":="));
            if blanks == 0 && name > 0 && colon {
                lexer.take(name, Class::Function);
            }
        }
        LineStart::Instruction => {
            let word = text.bytes().take_while(u8::is_ascii_alphabetic).count();
            let name = text.get(..word).unwrap_or_default();
            if lexer.language.functions.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                lexer.at += blanks;
                lexer.take(word, Class::Keyword);
            }
        }
    }
}

/// `key: value`, `- key: value`, `key = value`, `[section]`.
fn key(lexer: &mut Lexer<'_, '_, '_>, separator: u8, line: &str, mut blanks: usize) {
    let mut text = line.get(blanks..).unwrap_or_default();
    if separator == b'=' && text.starts_with('[') {
        lexer.at += blanks;
        let length = text.find(" #").unwrap_or(text.trim_end().len());
        lexer.take(length, Class::Type);
        return;
    }
    while let Some(rest) = text.strip_prefix("- ").filter(|_| separator == b':') {
        let more = rest.len() - rest.trim_start_matches(' ').len();
        blanks += 2 + more;
        text = rest.get(more..).unwrap_or_default();
    }
    let quoted = text.starts_with(['"', '\'']);
    let name = text.bytes().enumerate().take_while(|(at, b)| match b {
        b'"' | b'\'' => quoted,
        b' ' => quoted || (separator == b'=' && *at > 0) || separator == b':',
        _ => b.is_ascii_alphanumeric() || b"._-/$<".contains(b) || *b >= 0x80,
    });
    let name = name.count();
    let key = text.get(..name).unwrap_or_default().trim_end();
    let rest = text.get(name..).unwrap_or_default();
    let ends = match rest.as_bytes().first() {
        Some(b) if *b == separator => separator == b'=' || matches!(rest.as_bytes().get(1), None | Some(b' ')),
        _ => false,
    };
    if ends && !key.is_empty() {
        let length = key.len();
        lexer.at += blanks;
        lexer.take(length, Class::Attribute);
    }
}

/// Calls `paint` with each line, without its end, and where it begins.
fn each(code: &str, mut paint: impl FnMut(usize, &str)) {
    let mut start = 0;
    for line in code.split_inclusive('\n') {
        paint(start, line.trim_end_matches(['\n', '\r']));
        start += line.len();
    }
}

pub(super) fn diff(code: &str, painter: &mut Painter<'_>) {
    each(code, |start, line| {
        let heads = ["--- ", "+++ ", "@@", "diff ", "index ", "new file", "deleted file", "rename ", "similarity "];
        let class = if heads.iter().any(|head| line.starts_with(head)) {
            Class::Meta
        } else {
            match line.as_bytes().first() {
                Some(b'+' | b'>') => Class::Inserted,
                Some(b'-' | b'<') => Class::Deleted,
                _ => return,
            }
        };
        painter.token(start, start + line.len(), class);
    });
}

pub(super) fn org(code: &str, painter: &mut Painter<'_>) {
    each(code, |start, line| {
        let text = line.trim_start();
        let at = start + line.len() - text.len();
        let stars = line.bytes().take_while(|byte| *byte == b'*').count();
        if stars > 0 && line.as_bytes().get(stars) == Some(&b' ') {
            painter.token(start, start + line.len(), Class::Keyword);
        } else if let Some(keyword) = text.strip_prefix("#+") {
            let block = keyword.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("begin_"));
            let end = match keyword.find(':').filter(|_| !block) {
                Some(colon) => colon + 1,
                None => keyword.find(' ').unwrap_or(keyword.len()),
            };
            painter.token(at, at + 2 + end, Class::Meta);
        } else if text == "#" || text.starts_with("# ") {
            painter.token(at, start + line.len(), Class::Comment);
        } else if let Some(name) = text.strip_prefix(':') {
            let length = name.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"_-+".contains(b)).count();
            if length > 0 && name.as_bytes().get(length) == Some(&b':') {
                painter.token(at, at + length + 2, Class::Attribute);
            }
        } else if let Some(bullet) = ["- ", "+ "].iter().find(|bullet| text.starts_with(**bullet)) {
            painter.token(at, at + bullet.len() - 1, Class::Keyword);
        }
    });
}

pub(super) fn markdown(code: &str, painter: &mut Painter<'_>) {
    let mut fenced = false;
    each(code, |start, line| {
        let end = start + line.len();
        let text = line.trim_start();
        if text.starts_with("```") || text.starts_with("~~~") {
            fenced = !fenced;
            painter.token(end - text.len(), end, Class::Meta);
        } else if fenced {
            painter.token(start, end, Class::String);
        } else if text.starts_with('#') {
            painter.token(end - text.len(), end, Class::Keyword);
        } else if text.starts_with('>') {
            painter.token(end - text.len(), end, Class::Comment);
        } else if ["- ", "* ", "+ "].iter().any(|bullet| text.starts_with(bullet)) {
            painter.token(end - text.len(), end - text.len() + 1, Class::Keyword);
        }
        spans(start, line, painter);
    });
}

/// `code` and **strong** words in a line of Markdown.
fn spans(start: usize, line: &str, painter: &mut Painter<'_>) {
    let mut at = 0;
    while let Some(open) = line.get(at..).and_then(|rest| rest.find(['`', '*'])).map(|open| open + at) {
        let (mark, class) = match line.get(open..) {
            Some(rest) if rest.starts_with("**") => ("**", Class::Strong),
            Some(rest) if rest.starts_with('`') => ("`", Class::String),
            _ => {
                at = open + 1;
                continue;
            }
        };
        let from = open + mark.len();
        let Some(length) = line.get(from..).and_then(|rest| rest.find(mark)) else { return };
        at = from + length + mark.len();
        painter.token(start + open, start + at, class);
    }
}
