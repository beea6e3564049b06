//! Source blocks as Babel sees them: language, value, merged header arguments, expanded body.
//!
//! `plan::blocks` reads the same blocks for the plan, as places in the file; here are the values, for callers that want
//! what Emacs would answer.

mod arguments;
pub(crate) mod noweb;

use std::collections::HashMap;
use std::rc::Rc;

pub(crate) use arguments::Argument;

use crate::syntax::drawer::Drawer;
use crate::syntax::{BlockKind, Document, Element, Kind, body, switches};

/// What Babel assumes where nothing is said.
const DEFAULTS: &str = ":session none :results replace :exports code :cache no :noweb no :hlines no :tangle no";

/// Headings with `header-args` that are looked at per block; longer chains are cut.
const MAX_CHAIN: usize = 64;

/// One source block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceBlock {
    /// The language as written.
    pub lang: Option<String>,
    /// The body with its indentation, commas unescaped.
    pub value: String,
    /// Merged header arguments, sorted; keys with their colon, `None` where a key has no value. `None` where Babel
    /// would refuse them.
    pub args: Option<Vec<(String, Option<String>)>>,
    /// The body without indentation and final line break, references expanded. `None` where that has no end.
    pub noweb: Option<String>,
    /// Line of `#+begin_src`, from 1.
    pub line: u32,
}

/// A block on its way: what expansion needs to know.
pub(crate) struct Source {
    /// Its number in the document.
    pub(crate) element: usize,
    name: Option<String>,
    /// Without indentation and final line break.
    body: Rc<str>,
    args: Vec<Argument>,
    /// Babel refuses the arguments; those here are only the ones for references, the last one of a key first.
    refused: bool,
    /// Under a COMMENT heading.
    hidden: bool,
}

impl Source {
    /// The value of an argument that is there, `Some(None)` if it is there without one.
    fn given(&self, key: &str) -> Option<Option<&str>> {
        self.args.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_deref())
    }

    fn argument(&self, key: &str) -> Option<&str> {
        self.given(key).flatten()
    }
}

/// All source blocks, document order, commented trees included.
pub(crate) fn source_blocks(document: &Document) -> Vec<SourceBlock> {
    let sources = sources(document);
    let mut out = Vec::with_capacity(sources.len());
    for source in &sources {
        let Some(Kind::Block(block)) = document.elements.get(source.element).map(|e| &e.kind) else { continue };
        let element = &document.elements[source.element];
        let lang = switches::source_line(document.text(), &block.args).lang.map(|r| document.slice(&r).to_owned());
        let value = body::code(document.slice(&block.body), true);
        let args = (!source.refused).then(|| source.args.clone());
        let line = document.span(element.span.clone()).line;
        out.push(SourceBlock { lang, value, args, noweb: None, line });
    }
    let mut noweb = noweb::Noweb::new(sources, noweb::Purpose::Running);
    for (i, block) in out.iter_mut().enumerate().filter(|(_, b)| b.args.is_some()) {
        let (text, answered) = noweb.expand(i);
        block.noweb = answered.then_some(text);
    }
    out
}

/// The same blocks for expansion.
pub(crate) fn sources(document: &Document) -> Vec<Source> {
    let mut inherited = Inherited::new(document);
    let defaults = arguments::parse(DEFAULTS);
    let mut out = Vec::new();
    for (index, element) in document.elements.iter().enumerate() {
        let Kind::Block(block) = &element.kind else { continue };
        if block.kind != BlockKind::Src {
            continue;
        }
        let parts = switches::source_line(document.text(), &block.args);
        let lang = parts.lang.as_ref().map(|r| document.slice(r));
        let own = own_arguments(document, element, &parts);
        let lisp = [(":lexical".to_owned(), Some("no".to_owned()))];
        let by_language: &[Argument] = if matches!(lang, Some("emacs-lisp" | "elisp")) { &lisp } else { &[] };
        let above = inherited.arguments(element.heading, lang.unwrap_or(""));
        let all = defaults.iter().chain(by_language).chain(above).chain(&own);
        let merged = arguments::merge(all.clone());
        let refused = merged.is_none();
        let noweb = |a: &&Argument| a.0.starts_with(":noweb");
        let mut args = merged.unwrap_or_else(|| {
            let mut last_first: Vec<Argument> = all.filter(noweb).cloned().collect();
            last_first.reverse();
            last_first
        });
        let name = document.name_of(element).map(|n| document.slice(&n).to_owned());
        file(&mut args, name.as_deref());
        let keep = switches::preserves(parts.switches.map_or("", |s| document.slice(&s)));
        let text = body::code(document.slice(&block.body), keep);
        let body = text.strip_suffix('\n').unwrap_or(&text).into();
        let hidden = element.heading.and_then(|h| document.headings.get(h)).is_some_and(|h| h.hidden);
        out.push(Source { element: index, name, body, args, refused, hidden });
    }
    out
}

/// What the block itself says: on its first line, then in `#+header:` lines.
fn own_arguments(document: &Document, element: &Element, parts: &switches::SourceLine) -> Vec<Argument> {
    let mut out = arguments::parse(parts.parameters.as_ref().map_or("", |p| document.slice(p)));
    for keyword in document.elements.get(element.affiliated.clone()).unwrap_or(&[]) {
        if let Kind::Keyword { key, value } = &keyword.kind
            && matches!(document.slice(key).to_ascii_lowercase().as_str(), "header" | "headers")
        {
            out.extend(arguments::parse(document.slice(value)));
        }
    }
    out
}

/// `:file-ext` names a file after the block; `:output-dir` says where files go.
fn file(args: &mut Vec<Argument>, name: Option<&str>) {
    let get = |args: &[Argument], key: &str| args.iter().find(|(k, _)| k == key).and_then(|(_, v)| v.clone());
    let folder = get(args, ":output-dir").map(|d| if d.ends_with('/') { d } else { d + "/" });
    let folder = folder.unwrap_or_default();
    if let Some((_, Some(value))) = args.iter_mut().find(|(k, _)| k == ":file") {
        value.insert_str(0, &folder);
    } else if let (Some(name), Some(extension)) = (name, get(args, ":file-ext")) {
        args.push((":file".to_owned(), Some(format!("{folder}{name}.{extension}"))));
        args.sort_by(|a, b| a.0.cmp(&b.0));
    }
}

/// The `header-args` properties that hold under each heading, parsed once per heading and language.
struct Inherited<'d, 'a> {
    document: &'d Document<'a>,
    /// Per heading the nearest one at or above it whose drawer has any.
    nearest: Vec<Option<usize>>,
    /// `#+PROPERTY:` lines, by lower case key.
    global: HashMap<String, String>,
    known: HashMap<(Option<usize>, String), Vec<Argument>>,
}

impl<'d, 'a> Inherited<'d, 'a> {
    fn new(document: &'d Document<'a>) -> Self {
        let mut nearest: Vec<Option<usize>> = Vec::with_capacity(document.headings.len());
        for (i, heading) in document.headings.iter().enumerate() {
            let own = heading.drawer.as_ref().is_some_and(|d| {
                d.entries.iter().any(|e| document.slice(&e.key).to_ascii_lowercase().starts_with("header-args"))
            });
            let above = heading.parent.and_then(|p| nearest.get(p).copied().flatten());
            nearest.push(if own { Some(i) } else { above });
        }
        let mut global: HashMap<String, String> = HashMap::new();
        for value in document.keywords("property") {
            let Some((key, value)) = document.slice(&value).split_once([' ', '\t']) else { continue };
            let (value, name) = (value.trim(), key.strip_suffix('+').unwrap_or(key).to_lowercase());
            match global.get_mut(&name) {
                Some(old) if key.ends_with('+') => {
                    old.push(' ');
                    old.push_str(value);
                }
                _ => drop(global.insert(name, value.to_owned())),
            }
        }
        Inherited { document, nearest, global, known: HashMap::new() }
    }

    fn arguments(&mut self, heading: Option<usize>, lang: &str) -> &[Argument] {
        let nearest = heading.and_then(|h| self.nearest.get(h).copied().flatten());
        let key = (nearest, lang.to_owned());
        if !self.known.contains_key(&key) {
            let mut all = arguments::parse(&self.value(nearest, "header-args"));
            if !lang.is_empty() {
                all.extend(arguments::parse(&self.value(nearest, &format!("header-args:{lang}"))));
            }
            self.known.insert(key.clone(), all);
        }
        self.known.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The nearest value, with what `+` adds to it on the way.
    fn value(&self, heading: Option<usize>, key: &str) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut at = heading;
        let mut found = false;
        for _ in 0..MAX_CHAIN {
            let Some(heading) = at.filter(|_| !found).and_then(|h| self.document.headings.get(h)) else { break };
            found = self.add(heading.drawer.as_ref(), key, &mut parts);
            at = heading.parent.and_then(|p| self.nearest.get(p).copied().flatten());
        }
        found = found || self.add(self.document.drawer.as_ref(), key, &mut parts);
        if let Some(global) = self.global.get(&key.to_lowercase()).filter(|_| !found) {
            parts.insert(0, global.clone());
        }
        let value = parts.join(" ");
        if value == "nil" { String::new() } else { value }
    }

    /// Puts the values of a drawer before the others; whether they end the search.
    fn add(&self, drawer: Option<&Drawer>, key: &str, parts: &mut Vec<String>) -> bool {
        let found = drawer.map(|d| d.find(self.document.text(), key)).unwrap_or_default();
        let values = found.iter().map(|e| self.document.slice(&e.value).to_owned());
        parts.splice(0..0, values.collect::<Vec<_>>());
        found.iter().any(|e| !e.append)
    }
}

#[cfg(test)]
mod tests;
