//! Source blocks with the header arguments that hold for them.

use std::ops::Range;

use crate::syntax::{BlockKind, Document, Kind, header_args, line_words};

/// Languages that are code to be compiled, whether or not a lane for them exists.
pub(crate) const COMPILABLE: &[&str] = &[
    "javascript",
    "js",
    "typescript",
    "ts",
    "rust",
    "rs",
    "wat",
    "wasm",
    "c",
    "c++",
    "cpp",
    "python",
    "py",
    "sh",
    "bash",
    "shell",
    "sql",
    "sqlite",
    "zig",
    "go",
];

/// Languages there are lanes for. Some need a download first; only the host knows, and says so when the block is to run.
pub(crate) const SUPPORTED: &[&str] = &[
    "javascript",
    "js",
    "typescript",
    "ts",
    "rust",
    "rs",
    "c",
    "c++",
    "cpp",
    "python",
    "py",
    "sql",
    "sqlite",
    "sh",
    "bash",
    "shell",
    "wat",
    "wasm",
    "zig",
];

/// Arguments Org collects instead of overriding.
const COLLECTED: &[&str] = &["var", "uses", "in", "out", "deps"];

/// Inherited argument lists looked at per block; deeper chains of `:header-args+:` are cut.
const MAX_CHAIN: usize = 64;

/// One header argument that holds for a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeaderArg {
    /// Lower case, without the colon.
    pub(crate) key: String,
    /// Where its value stands; where its key stands if it has none.
    pub(crate) value: Range<usize>,
    pub(crate) key_at: Range<usize>,
}

/// One `src` block outside COMMENT trees.
#[derive(Debug, Clone)]
pub(crate) struct SourceBlock {
    pub(crate) element: usize,
    pub(crate) heading: Option<usize>,
    /// Lower case; empty where none is written.
    pub(crate) lang: String,
    pub(crate) lang_at: Range<usize>,
    pub(crate) name: Option<Range<usize>>,
    pub(crate) args: Vec<HeaderArg>,
    pub(crate) body: Range<usize>,
    pub(crate) span: Range<usize>,
    /// `-i`: the body keeps its indentation.
    pub(crate) keep_indentation: bool,
}

impl SourceBlock {
    pub(crate) fn is_compilable(&self) -> bool {
        COMPILABLE.contains(&self.lang.as_str())
    }

    /// All values of an argument.
    pub(crate) fn all<'b>(&'b self, key: &'b str) -> impl Iterator<Item = &'b HeaderArg> {
        self.args.iter().filter(move |a| a.key == key)
    }

    /// The value that counts: the last one.
    pub(crate) fn arg(&self, key: &str) -> Option<&HeaderArg> {
        self.args.iter().rev().find(|a| a.key == key)
    }

    pub(crate) fn value<'a>(&self, document: &Document<'a>, key: &str) -> Option<&'a str> {
        self.arg(key).map(|a| document.slice(&a.value))
    }
}

/// All source blocks outside COMMENT trees, document order.
pub(crate) fn collect(document: &Document) -> Vec<SourceBlock> {
    let chain = Inheritance::new(document);
    let mut out = Vec::new();
    for (index, element) in document.elements.iter().enumerate() {
        let Kind::Block(block) = &element.kind else { continue };
        let hidden = element.heading.is_some_and(|h| document.headings[h].hidden);
        if block.kind != BlockKind::Src || hidden {
            continue;
        }
        let words = line_words(document.text(), &block.args);
        let lang_at = words.first().filter(|w| !document.slice(w).starts_with([':', '-'])).cloned();
        let lang_at = lang_at.unwrap_or(block.args.start..block.args.start);
        let lang = document.slice(&lang_at).to_ascii_lowercase();
        let line = header_args::parse(document.text(), &(lang_at.end..block.args.end));
        let switches = lang_at.end..line.first().map_or(block.args.end, |a| a.key.start);
        let keep_indentation = document.slice(&switches).split_whitespace().any(|w| w == "-i");
        let mut args = chain.args(document, element.heading, &lang);
        merge(document, &mut args, line);
        for keyword in &document.elements[element.affiliated.clone()] {
            if let Kind::Keyword { key, value } = &keyword.kind
                && matches!(document.slice(key).to_ascii_lowercase().as_str(), "header" | "headers")
            {
                merge(document, &mut args, header_args::parse(document.text(), value));
            }
        }
        out.push(SourceBlock {
            element: index,
            heading: element.heading,
            lang,
            lang_at,
            name: document.name_of(element),
            args,
            body: block.body.clone(),
            span: element.span.clone(),
            keep_indentation,
        });
    }
    out
}

/// Adds arguments: collected keys pile up, the others override in place.
fn merge(document: &Document, args: &mut Vec<HeaderArg>, more: Vec<header_args::Arg>) {
    for arg in more {
        let key = document.slice(&arg.key).to_ascii_lowercase();
        let value = if arg.value.is_empty() { arg.key.end..arg.key.end } else { arg.value };
        let new = HeaderArg { key, value, key_at: arg.key };
        match args.iter_mut().find(|a| a.key == new.key) {
            Some(old) if !COLLECTED.contains(&new.key.as_str()) => *old = new,
            _ => args.push(new),
        }
    }
}

/// Where `header-args` properties are set: per heading the nearest one at or above it.
struct Inheritance {
    nearest: Vec<Option<usize>>,
    /// `#+PROPERTY: header-args…` values: the language (empty for all), whether it appends, the arguments.
    file: Vec<(String, bool, Range<usize>)>,
}

impl Inheritance {
    fn new(document: &Document) -> Self {
        let mut nearest: Vec<Option<usize>> = Vec::with_capacity(document.headings.len());
        for (i, heading) in document.headings.iter().enumerate() {
            let own = heading
                .drawer
                .as_ref()
                .is_some_and(|d| d.entries.iter().any(|e| scope(document.slice(&e.key)).is_some()));
            let above = heading.parent.and_then(|p| nearest[p]);
            nearest.push(if own { Some(i) } else { above });
        }
        let mut file = Vec::new();
        for value in document.keywords("property") {
            let text = document.slice(&value);
            let len = text.find(char::is_whitespace).unwrap_or(text.len());
            let append = text[..len].ends_with('+');
            if let Some(lang) = scope(text[..len].trim_end_matches('+')) {
                file.push((lang, append, value.start + len..value.end));
            }
        }
        if let Some(drawer) = &document.drawer {
            for entry in &drawer.entries {
                if let Some(lang) = scope(document.slice(&entry.key)) {
                    file.push((lang, entry.append, entry.value.clone()));
                }
            }
        }
        Inheritance { nearest, file }
    }

    /// The arguments a block under `heading` inherits: for all languages first, then for its own.
    fn args(&self, document: &Document, heading: Option<usize>, lang: &str) -> Vec<HeaderArg> {
        let mut args = Vec::new();
        for key in ["", lang] {
            for value in self.values(document, heading, key) {
                merge(document, &mut args, header_args::parse(document.text(), &value));
            }
            if lang.is_empty() {
                break;
            }
        }
        args
    }

    /// The nearest definition wins as a whole; `:header-args+:` adds to what is above it.
    fn values(&self, document: &Document, heading: Option<usize>, lang: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut at = heading.and_then(|h| self.nearest[h]);
        for _ in 0..MAX_CHAIN {
            let Some(h) = at else { break };
            let entries = document.headings[h].drawer.iter().flat_map(|d| d.entries.iter().rev());
            for entry in entries.filter(|e| scope(document.slice(&e.key)).as_deref() == Some(lang)) {
                found.push(entry.value.clone());
                if !entry.append {
                    found.reverse();
                    return found;
                }
            }
            at = document.headings[h].parent.and_then(|p| self.nearest[p]);
        }
        for (_, append, value) in self.file.iter().rev().filter(|(l, _, _)| l == lang) {
            found.push(value.clone());
            if !append {
                break;
            }
        }
        found.reverse();
        found
    }
}

/// The language of a `header-args` key: empty for `header-args`, `js` for `header-args:js`.
fn scope(key: &str) -> Option<String> {
    let key = key.to_ascii_lowercase();
    if key == "header-args" {
        return Some(String::new());
    }
    key.strip_prefix("header-args:").filter(|l| !l.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[(&str, &str)]) {
        let document = Document::parse(text);
        let blocks = collect(&document);
        let args: Vec<(&str, &str)> =
            blocks[0].args.iter().map(|a| (a.key.as_str(), document.slice(&a.value))).collect();
        assert_eq!(args, expect);
    }

    #[test]
    fn inheritance() {
        let top = "#+PROPERTY: header-args :a 1 :b 1\n#+PROPERTY: header-args:js+ :c 1\n";
        let block = "#+header: :d 4\n#+begin_src js -n :b 3 :var x=1 :var y=2\n#+end_src\n";
        let all = [("a", "1"), ("b", "3"), ("c", "1"), ("var", "x=1"), ("var", "y=2"), ("d", "4")];
        check(&format!("{top}* H\n{block}"), &all);
        let drawer = ":PROPERTIES:\n:header-args: :a 2\n:END:\n";
        check(
            &format!("{top}* H\n{drawer}** I\n{block}"),
            &[all[0], all[2], all[1], all[3], all[4], all[5]].map(|x| if x.0 == "a" { ("a", "2") } else { x }),
        );
        let plus = ":PROPERTIES:\n:header-args+: :e 5\n:END:\n";
        check(
            &format!("{top}* H\n{plus}#+begin_src js\n#+end_src\n"),
            &[("a", "1"), ("b", "1"), ("e", "5"), ("c", "1")],
        );
    }
}
