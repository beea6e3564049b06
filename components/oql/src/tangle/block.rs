//! One block as it stands in its file: what goes before its body, the body, and what goes behind.

use super::{TangleCtx, comments, languages, link, variables};
use crate::plan::blocks::SourceBlock;
use crate::plan::noweb::Noweb;
use crate::syntax::{body, line};

/// Everything of a block. `number` counts the blocks under its heading.
pub(super) fn text(ctx: &TangleCtx, noweb: &mut Noweb, index: usize, number: usize) -> String {
    let Some(block) = ctx.blocks.get(index) else { return String::new() };
    let wanted = ctx.value(block, "comments").unwrap_or_default();
    let syntax = languages::comments(ctx.document.slice(&block.lang_at));
    let mut out = String::new();
    if let Some(syntax) = syntax.filter(|_| matches!(wanted.as_str(), "both" | "org")) {
        let prose = prose(ctx, index);
        if !prose.trim().is_empty() {
            out.push_str(&comments::lines(&prose, syntax));
        }
    }
    let linked = syntax.filter(|_| matches!(wanted.as_str(), "both" | "link" | "yes" | "noweb"));
    let origin = linked.map(|syntax| (link::origin(ctx, block, Some(number)), syntax));
    if let Some((origin, syntax)) = &origin {
        out.push_str(&comments::lines(&format!("[[{}][{}]]", origin.link, origin.name), *syntax));
    }
    out.push_str(&code(ctx, noweb, block, index));
    out.push('\n');
    if let Some((origin, syntax)) = &origin {
        out.push_str(&comments::lines(&format!("{} ends here", origin.name), *syntax));
    }
    out
}

/// What replaces a `<<reference>>`: the text, with its origin around it under `:comments noweb`.
pub(super) fn noweb_part(ctx: &TangleCtx, outer: usize, inner: usize, text: String) -> String {
    let (Some(outer), Some(block)) = (ctx.blocks.get(outer), ctx.blocks.get(inner)) else { return text };
    let syntax = languages::comments(ctx.document.slice(&outer.lang_at));
    let Some(syntax) = syntax.filter(|_| ctx.value(outer, "comments").as_deref() == Some("noweb")) else { return text };
    let origin = link::origin(ctx, block, None);
    let begin = comments::lines(&format!("[[{}][{}]]", origin.link, origin.name), syntax);
    let end = comments::lines(&format!("{} ends here", origin.name), syntax);
    format!("{begin}{text}\n{end}")
}

/// The body, expanded, without common indentation and blank edges.
fn code(ctx: &TangleCtx, noweb: &mut Noweb, block: &SourceBlock, index: usize) -> String {
    let source = noweb.source(index);
    let source = source.strip_suffix('\n').unwrap_or(&source);
    let mut text = if block.arg("no-expand").is_some() { source.to_owned() } else { expanded(ctx, block, source) };
    if switches(ctx, block).any(|word| word.starts_with("-r")) {
        text = text.split('\n').map(without_reference).collect::<Vec<_>>().join("\n");
    }
    if block.keep_indentation {
        let blank = text.split_inclusive('\n').take_while(|l| l.ends_with('\n') && line::is_blank(l.trim_end()));
        let start = blank.map(str::len).sum::<usize>();
        return text.get(start..).unwrap_or("").trim_end().to_owned();
    }
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    body::dedent(&mut lines);
    lines.join("\n").trim().to_owned()
}

/// The words between the language and the first argument.
fn switches<'a>(ctx: &TangleCtx<'_, 'a>, block: &SourceBlock) -> impl Iterator<Item = &'a str> {
    let rest = ctx.document.slice(&(block.lang_at.end..block.body.start));
    let line = rest.split('\n').next().unwrap_or("");
    line.split_whitespace().take_while(|word| !word.starts_with(':'))
}

/// What a language puts around a body. Where there is no `:var` only Emacs Lisp is a language: Org loads no other by
/// itself, and those that are loaded change such a body little.
fn expanded(ctx: &TangleCtx, block: &SourceBlock, body: &str) -> String {
    let around = |key: &str| ctx.value(block, key).filter(|text| !text.is_empty());
    let (before, behind) = (around("prologue"), around("epilogue"));
    let lang = ctx.document.slice(&block.lang_at);
    if !matches!(lang, "emacs-lisp" | "elisp") {
        if let Some(text) = variables::expanded(ctx, block, lang, body) {
            return text;
        }
        let parts: Vec<&str> = before.as_deref().into_iter().chain([body]).chain(behind.as_deref()).collect();
        return parts.join("\n");
    }
    let variables: Vec<String> = block.all("var").flat_map(|arg| assignments(ctx.document.slice(&arg.value))).collect();
    if variables.is_empty() {
        return format!("{body}\n");
    }
    let before = before.map(|text| format!("{text}\n      ")).unwrap_or_default();
    let behind = behind.map(|text| format!("\n      {text}\n")).unwrap_or_default();
    format!("(let ({})\n{before}{body}{behind}\n)", variables.join("\n      "))
}

/// `x=5, y="s"` as bindings; what refers to something else is left out, because nothing is looked up here.
fn assignments(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for word in words(text) {
        let Some((name, value)) = word.split_once('=') else { continue };
        let literal =
            value.parse::<f64>().is_ok() || (value.len() > 1 && value.starts_with('"') && value.ends_with('"'));
        if literal {
            out.push(format!("({} '{value})", name.trim()));
        }
    }
    out
}

/// Words between white space and commas, strings kept whole.
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (i, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ' ' | '\t' | ',' if !quoted => {
                out.extend(text.get(start..i).filter(|word| !word.is_empty()));
                start = i + 1;
            }
            _ => {}
        }
    }
    out.extend(text.get(start..).filter(|word| !word.is_empty()));
    out
}

/// A line without the `(ref:name)` at its end.
fn without_reference(line: &str) -> &str {
    let text = line.trim_end_matches([' ', '\t']);
    let Some(open) = text.rfind("(ref:") else { return line };
    let name = text.get(open + 5..).and_then(|rest| rest.strip_suffix(')'));
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ' ');
    match name {
        Some(name) if !name.is_empty() && !name.starts_with(' ') && name.chars().all(is_name) => {
            text.get(..open).unwrap_or("").trim_end_matches([' ', '\t'])
        }
        _ => line,
    }
}

/// The text before a block: from the heading's title or the end of the block before it, whichever is nearer.
fn prose(ctx: &TangleCtx, index: usize) -> String {
    let Some(block) = ctx.blocks.get(index) else { return String::new() };
    let heading = block.heading.and_then(|h| ctx.document.headings.get(h));
    let title = heading.map_or(0, |h| h.line.start + h.level + 1);
    let before = index.checked_sub(1).and_then(|i| ctx.blocks.get(i)).map_or(0, |b| b.span.end);
    let line = ctx.document.source.line_at(block.span.start);
    let start = ctx.document.source.lines.get(line).map_or(block.span.start, |l| l.start);
    let text = ctx.document.slice(&(title.max(before)..start));
    let mut lines: Vec<String> = text.split('\n').map(|l| l.strip_suffix('\r').unwrap_or(l).to_owned()).collect();
    body::dedent(&mut lines);
    lines.join("\n")
}
