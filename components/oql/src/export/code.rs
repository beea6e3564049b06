//! Source and example blocks: switches, line numbers, references to lines.

use std::collections::HashMap;

use super::html::{attribute, class, escape_into, scrolls};
use super::{Export, attributes, failures, inline, language, paragraph, results};
use crate::object::Place;
use crate::syntax::{Block, BlockKind, Document, Element, Kind, body};
use crate::{chart, diagram};

/// The switches of a block's first line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Switches {
    /// `-n` starts anew, `+n` goes on; the number is what is added.
    numbers: Option<(bool, usize)>,
    /// `-i`
    keep_indentation: bool,
    /// `-r` removes the labels of lines …
    remove_labels: bool,
    /// … and `-k` keeps links to them labels rather than numbers.
    keep_labels: bool,
    /// `-l "(ref:%s)"`
    format: Option<String>,
}

impl Switches {
    /// The switches in the arguments of a block; `src` blocks have a language before them.
    pub(crate) fn of(args: &str, source: bool) -> Self {
        let mut out = Switches::default();
        let args =
            if source { args.trim_start().split_once(char::is_whitespace).map_or("", |(_, rest)| rest) } else { args };
        if let Some(i) = args.find("-l ") {
            let quoted = args.get(i + 3..).unwrap_or("").trim_start();
            out.format = quoted.strip_prefix('"').and_then(|q| q.split_once('"')).map(|(f, _)| f.to_owned());
        }
        let mut words = args.split_whitespace().peekable();
        while let Some(word) = words.next() {
            match word {
                "-n" | "+n" => {
                    let from = words.peek().and_then(|w| w.parse::<usize>().ok());
                    out.numbers = Some((word == "-n", from.map_or(0, |n| n.saturating_sub(1))));
                }
                "-i" => out.keep_indentation = true,
                "-r" => out.remove_labels = true,
                "-k" => out.keep_labels = true,
                w if source && w.starts_with(':') => break,
                _ => {}
            }
        }
        out
    }

    /// Whether labels stay in the text.
    fn retains(&self) -> bool {
        !self.remove_labels || (self.numbers.is_some() && self.keep_labels)
    }

    /// Whether links to lines show labels.
    fn uses_labels(&self) -> bool {
        self.retains() && !self.keep_labels
    }
}

/// The label at the end of a line, and where the line ends without it.
fn label<'l>(line: &'l str, format: &str) -> Option<(&'l str, usize)> {
    let (before, after) = format.split_once("%s")?;
    let trimmed = line.trim_end_matches([' ', '\t']);
    let body = trimmed.strip_suffix(after)?;
    let start = body.find(before).filter(|_| !before.is_empty())?;
    // The first place from which on everything is a label counts.
    let mut at = start;
    loop {
        let name = body.get(at + before.len()..)?;
        let ok = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ' '));
        if ok {
            let end = line.get(..at)?.trim_end_matches([' ', '\t']).len();
            return Some((name, end));
        }
        at += 1 + body.get(at + 1..)?.find(before)?;
    }
}

/// Writes a source block and the fresh results of its component.
pub(crate) fn source(x: &mut Export, i: usize, element: &Element, block: &Block) {
    let document = x.document;
    let (shown, with_results) = x.exports.get(&i).copied().unwrap_or((true, true));
    let args = document.slice(&block.args);
    let switches = Switches::of(args, true);
    let lang = args.split_whitespace().next().unwrap_or("");
    let picture = if x.plain || !with_results { None } else { picture(lang, document.slice(&block.body)) };
    if let Some(picture) = &picture {
        x.out.push_str(picture);
    }
    if shown {
        if picture.is_some() {
            x.out.push_str("<details class=\"org-src-picture\">\n<summary>Source</summary>\n");
        }
        let caption = paragraph::caption(document, element);
        let figure = caption.is_some() && !x.plain;
        x.out.push_str(if figure {
            "<figure class=\"org-src-container\">\n"
        } else {
            "<div class=\"org-src-container\">\n"
        });
        if let Some(caption) = caption {
            let number = x.index.numbers.get(&i).copied().unwrap_or(1);
            let label = language::numbered(&x.settings.language, language::Word::Listing, number);
            x.out.push_str(if figure { "<figcaption>" } else { "<label class=\"org-src-name\">" });
            x.out.push_str(&format!("<span class=\"listing-number\">{label} </span>"));
            inline::text(x, caption.trim(), Place::Keyword);
            x.out.push_str(if figure { "</figcaption>\n" } else { "</label>\n" });
        }
        x.out.push_str("<pre");
        let class = class(lang);
        attribute(&mut x.out, "class", format!("src src-{class}").trim_end_matches('-'));
        if let Some(id) = x.ids.elements.get(&i).cloned() {
            attribute(&mut x.out, "id", &id);
        }
        scrolls(x);
        x.out.push_str("><code>");
        lines(x, document.slice(&block.body), &switches, Some(lang));
        x.out.push_str("</code></pre>\n");
        x.out.push_str(if figure { "</figure>\n" } else { "</div>\n" });
        if picture.is_some() {
            x.out.push_str("</details>\n");
        }
    }
    if with_results {
        results::write(x, i);
    }
    // Whatever `:exports` says: what is built on a missing result would puzzle a reader.
    failures::below(x, i);
}

/// What a block that describes a picture looks like; such languages are read here, none of them runs.
fn picture(lang: &str, text: &str) -> Option<String> {
    match lang {
        "vega-lite" => chart::svg(&body::code(text, false)),
        "dot" | "mermaid" => diagram::svg(lang, &body::code(text, false)),
        _ => None,
    }
}

/// Writes an example block.
pub(crate) fn example(x: &mut Export, i: usize, element: &Element, block: &Block) {
    let document = x.document;
    let switches = Switches::of(document.slice(&block.args), false);
    open_pre(x, i, element);
    lines(x, document.slice(&block.body), &switches, None);
    x.out.push_str("</pre>\n");
}

fn open_pre(x: &mut Export, i: usize, element: &Element) {
    let attributes = if element.affiliated.is_empty() { Vec::new() } else { attributes::read(x.document, element) };
    x.out.push_str("<pre");
    let own = attributes::value(&attributes, "class").map(class).unwrap_or_default();
    attribute(&mut x.out, "class", format!("example {own}").trim());
    if let Some(id) = x.ids.elements.get(&i).cloned() {
        attribute(&mut x.out, "id", &id);
    }
    attributes::write(&mut x.out, &attributes, &["class", "href", "src"]);
    scrolls(x);
    x.out.push_str(">\n");
}

/// `: lines`.
pub(crate) fn fixed_width(x: &mut Export, i: usize, element: &Element) {
    open_pre(x, i, element);
    let mut lines: Vec<String> = Vec::new();
    for line in x.document.slice(&element.span).split('\n') {
        let line = line.trim_start_matches([' ', '\t']).trim_end_matches('\r');
        let line = line.strip_prefix(':').unwrap_or(line);
        lines.push(line.strip_prefix(' ').unwrap_or(line).to_owned());
    }
    body::dedent(&mut lines);
    for line in &lines {
        escape_into(&mut x.out, line);
        x.out.push('\n');
    }
    x.out.push_str("</pre>\n");
}

/// The lines of a body, with numbers and anchors where the switches ask.
fn lines(x: &mut Export, text: &str, switches: &Switches, lang: Option<&str>) {
    let code = body::code(text, switches.keep_indentation);
    let format = switches.format.as_deref().unwrap_or("(ref:%s)");
    let mark = format.split("%s").next().unwrap_or("");
    let labelled = !mark.is_empty() && code.contains(mark);
    let count = code.split('\n').count().saturating_sub(usize::from(code.ends_with('\n')));
    let first = switches.numbers.map(|(anew, add)| if anew { add } else { x.lines + add });
    if let Some(first) = first {
        x.lines = first + count;
    }
    if first.is_none() && !labelled {
        match lang {
            Some(lang) => highlighted(x, lang, &code),
            None => escape_into(&mut x.out, &code),
        }
        if code.is_empty() {
            x.out.push('\n');
        }
        return;
    }
    let width = first.map_or(0, |n| (n + count).to_string().len());
    for (n, line) in code.strip_suffix('\n').unwrap_or(&code).split('\n').enumerate() {
        let found = label(line, format);
        if let Some((name, _)) = found {
            x.out.push_str("<span");
            attribute(&mut x.out, "id", &anchor(name));
            x.out.push_str(" class=\"coderef-off\">");
        }
        if let Some(first) = first {
            x.out.push_str(&format!("<span class=\"linenr\">{:>width$}: </span>", first + n + 1));
        }
        let shown = found.map_or(line, |(_, end)| line.get(..end).unwrap_or(line));
        match lang {
            Some(lang) => highlighted(x, lang, shown),
            None => escape_into(&mut x.out, shown),
        }
        if let Some((name, _)) = found {
            if switches.retains() {
                x.out.push_str(" (");
                escape_into(&mut x.out, name);
                x.out.push(')');
            }
            x.out.push_str("</span>");
        }
        x.out.push('\n');
    }
}

/// What links to labelled lines show: a label or a number, by label; the first of a name counts.
pub(crate) fn references(document: &Document) -> HashMap<String, String> {
    let mut out = HashMap::new();
    let mut counted = 0;
    for element in &document.elements {
        let Kind::Block(block) = &element.kind else { continue };
        if !matches!(block.kind, BlockKind::Src | BlockKind::Example) {
            continue;
        }
        let switches = Switches::of(document.slice(&block.args), block.kind == BlockKind::Src);
        let text = document.slice(&block.body);
        let format = switches.format.as_deref().unwrap_or("(ref:%s)");
        let first = switches.numbers.map(|(anew, add)| if anew { add } else { counted + add });
        if let Some(first) = first {
            counted = first + text.trim_end_matches('\n').split('\n').count();
        }
        if !text.contains(format.split("%s").next().unwrap_or("")) {
            continue;
        }
        let lead = text.split('\n').take_while(|l| l.trim().is_empty()).count();
        for (n, line) in text.split('\n').enumerate() {
            if let Some((name, _)) = label(line, format) {
                let line = first.unwrap_or(0) + (n + 1).saturating_sub(lead);
                let shown = if switches.uses_labels() { name.to_owned() } else { line.to_string() };
                out.entry(name.to_owned()).or_insert(shown);
            }
        }
    }
    out
}

/// Code with its tokens marked; in the plain mode escaped only.
pub(crate) fn highlighted(x: &mut Export, lang: &str, code: &str) {
    if x.plain {
        escape_into(&mut x.out, code);
    } else {
        crate::highlight::highlight(lang, code, &mut x.out);
    }
}

/// A fragment of LaTeX as MathML, where that is asked for and can be had.
pub(crate) fn mathml(x: &Export, source: &str, display: bool) -> Option<String> {
    if x.plain { None } else { crate::math::to_mathml(source, display) }
}

/// The id of a labelled line; a label may hold blanks, an id may not.
pub(crate) fn anchor(label: &str) -> String {
    format!("coderef-{}", label.replace(char::is_whitespace, "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches() {
        let s = Switches::of("js -n 10 -r -l \"<%s>\" :x -i", true);
        assert_eq!(
            (s.numbers, s.remove_labels, s.format.as_deref(), s.keep_indentation),
            (Some((true, 9)), true, Some("<%s>"), false)
        );
        assert!(!s.retains());
    }

    #[test]
    fn labels() {
        assert_eq!(label("x  (ref:a b) ", "(ref:%s)"), Some(("a b", 1)));
        assert_eq!(label("(ref:) (ref:c)", "(ref:%s)"), Some(("c", 6)));
        assert_eq!(label("x (ref:a) y", "(ref:%s)"), None);
    }
}
