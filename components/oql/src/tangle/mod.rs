//! The files that `:tangle` asks for (`wb tangle --out`), byte for byte as `org-babel-tangle` writes them.
//!
//! Nothing is evaluated: a header argument that is an expression of Emacs Lisp stays as it is written, and `:var` is
//! what is known without running anything. Writing is the host's work.

mod block;
mod comments;
mod languages;
mod link;
mod mode;
mod variables;

use std::collections::HashMap;
use std::ops::Range;

use crate::model::TangledFile;
use crate::plan::blocks::{self, SourceBlock};
use crate::plan::noweb::{Noweb, Purpose};
use crate::syntax::Document;

/// What the reader of one block needs.
struct TangleCtx<'d, 'a> {
    document: &'d Document<'a>,
    blocks: &'d [SourceBlock],
    /// The text's own path.
    path: &'d str,
    /// Headings with an `ARCHIVE` tag at or above them.
    archived: Vec<bool>,
}

impl TangleCtx<'_, '_> {
    /// A header argument as Babel reads it: quotes around it are not part of it.
    fn value(&self, block: &SourceBlock, key: &str) -> Option<String> {
        block.value(self.document, key).map(unquoted)
    }
}

/// One file while its blocks are put into it.
#[derive(Default)]
struct Draft {
    path: String,
    text: String,
    mode: Option<u32>,
    mkdirp: bool,
    span: Range<usize>,
    shebang: bool,
}

/// The files, in the order of their first blocks.
pub(crate) fn files(document: &Document, path: &str) -> Vec<TangledFile> {
    let blocks = blocks::collect(document);
    let ctx = TangleCtx { document, blocks: &blocks, path, archived: archived(document) };
    let mut noweb = Noweb::new(document, &blocks, Purpose::Tangling);
    noweb.wrap(|outer, inner, text| block::noweb_part(&ctx, outer, inner, text));
    let mut drafts: Vec<Draft> = Vec::new();
    let mut by_path: HashMap<String, usize> = HashMap::new();
    let mut heading = None;
    let mut number = 0;
    for (index, block) in blocks.iter().enumerate() {
        // Blocks are counted per heading, also those that go nowhere.
        number = if index > 0 && heading == block.heading { number + 1 } else { 1 };
        heading = block.heading;
        if block.heading.is_some_and(|h| ctx.archived.get(h).copied().unwrap_or(false)) {
            continue;
        }
        let Some(target) = target(&ctx, block) else { continue };
        let draft = *by_path.entry(target.clone()).or_insert_with(|| {
            drafts.push(Draft { path: target, span: block.span.clone(), ..Draft::default() });
            drafts.len() - 1
        });
        if let Some(draft) = drafts.get_mut(draft) {
            add(&ctx, &mut noweb, draft, index, number);
        }
    }
    drafts.into_iter().map(|draft| finished(document, draft)).collect()
}

fn finished(document: &Document, draft: Draft) -> TangledFile {
    let Draft { path, text, mode, mkdirp, span, .. } = draft;
    TangledFile { path, text, mode, mkdirp, span: document.span(span) }
}

/// Which headings are archived, or below one that is.
fn archived(document: &Document) -> Vec<bool> {
    let mut out: Vec<bool> = Vec::with_capacity(document.headings.len());
    let file = document.filetags.iter().any(|tag| tag == "ARCHIVE");
    for (i, heading) in document.headings.iter().enumerate() {
        let above = heading.parent.and_then(|parent| out.get(parent).copied()).unwrap_or(file);
        out.push(above || document.has_tag(i, "ARCHIVE"));
    }
    out
}

/// Where a block goes, relative to the text's folder; `None` if nowhere.
fn target(ctx: &TangleCtx, block: &SourceBlock) -> Option<String> {
    let value = ctx.value(block, "tangle")?;
    let lang = ctx.document.slice(&block.lang_at);
    match value.as_str() {
        "" | "no" | "nil" => None,
        "yes" if lang.is_empty() => None,
        "yes" => Some(format!("{}.{}", link::stem(ctx.path), languages::extension(lang))),
        // What names a folder is no file; it goes on as written, for the writer to refuse.
        _ => Some(link::normal(&value)).map(|path| if path.is_empty() { value } else { path }),
    }
}

/// Puts one block at the end of its file.
fn add(ctx: &TangleCtx, noweb: &mut Noweb, draft: &mut Draft, index: usize, number: usize) {
    let Some(block) = ctx.blocks.get(index) else { return };
    let shebang = ctx.value(block, "shebang").filter(|line| !line.is_empty());
    let mode = ctx.value(block, "tangle-mode").filter(|mode| !mode.is_empty());
    let mode = match mode {
        Some(text) => mode::parse(&text),
        None => shebang.as_ref().map(|_| 0o755),
    };
    // Where blocks disagree the first one wins.
    draft.mode = draft.mode.or(mode);
    draft.mkdirp |= ctx.value(block, "mkdirp").is_some_and(|value| !matches!(value.as_str(), "" | "no" | "nil"));
    if !draft.text.is_empty() && ctx.value(block, "padline").as_deref() != Some("no") {
        draft.text.push('\n');
    }
    if let Some(line) = shebang.filter(|_| !draft.shebang) {
        draft.text.push_str(&line);
        draft.text.push('\n');
        draft.shebang = true;
    }
    draft.text.push_str(&block::text(ctx, noweb, index, number));
}

/// The text of a string in quotes; anything else as it is.
fn unquoted(value: &str) -> String {
    let value = value.trim();
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let Some(inner) = inner else { return value.to_owned() };
    let mut out = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => {}
            },
            // A quote inside: these are two strings, and Babel leaves them alone.
            '"' => return value.to_owned(),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[(&str, &str)]) {
        let document = Document::parse(text);
        let files = files(&document, "dir/book.org");
        let got: Vec<(&str, &str)> = files.iter().map(|f| (f.path.as_str(), f.text.as_str())).collect();
        assert_eq!(got, expect);
    }

    #[test]
    fn grouped_by_file() {
        let block = |args: &str, body: &str| format!("#+begin_src sh :tangle {args}\n{body}\n#+end_src\n");
        let text = [block("a.sh", "1"), block("yes", "2"), block("./a.sh", "  3"), block("no", "4")].concat();
        check(&text, &[("a.sh", "1\n\n3\n"), ("book.sh", "2\n")]);
    }

    #[test]
    fn quotes() {
        assert_eq!(unquoted(" \"a \\\"b\\\"\\n\" "), "a \"b\"\n");
        assert_eq!(unquoted("\"a\" \"b\""), "\"a\" \"b\"");
    }

    #[test]
    fn hidden_trees() {
        let text = "* A :ARCHIVE:\n** B\n#+begin_src sh :tangle x\n#+end_src\n* COMMENT C\n#+begin_src sh :tangle x\n#+end_src\n* D :noexport:\n#+begin_src sh :tangle x\n1\n#+end_src\n";
        check(text, &[("x", "1\n")]);
    }
}
