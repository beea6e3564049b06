//! Which headings a page shows.
//!
//! As in Org: an excluding tag takes its tree away, and tags are inherited here; once any heading has a selecting tag,
//! only its tree and the headings above it stay, and the section before the first heading goes.

use std::collections::HashSet;

use super::settings::{Archived, Settings, Tasks};
use crate::syntax::Document;

/// What becomes of a heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Whole,
    /// The heading without anything below it.
    TitleOnly,
    No,
}

/// What of a document is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pruned {
    /// Whether the section before the first heading is shown.
    pub(crate) preamble: bool,
    /// Per heading; those below one that is not shown whole are `No`.
    pub(crate) headings: Vec<Shown>,
}

/// Org's name of the heading that collects footnotes: its definitions are used, it is never shown.
const FOOTNOTE_SECTION: &str = "Footnotes";

/// Decides for every heading.
pub(crate) fn prune(document: &Document, settings: &Settings) -> Pruned {
    let selected = selected(document, settings);
    let excluded: HashSet<&str> = settings.exclude_tags.iter().map(String::as_str).collect();
    let mut headings: Vec<Shown> = Vec::with_capacity(document.headings.len());
    let everything_excluded = document.filetags.iter().any(|t| excluded.contains(t.as_str()));
    for (i, heading) in document.headings.iter().enumerate() {
        let above = heading.parent.and_then(|p| headings.get(p)).copied();
        let has_tag = |tag: &str| heading.tags.iter().any(|t| document.slice(t) == tag);
        let archived = has_tag("ARCHIVE");
        let gone = everything_excluded
            || matches!(above, Some(Shown::No | Shown::TitleOnly))
            || heading.comment
            || heading.tags.iter().any(|t| excluded.contains(document.slice(t)))
            || selected.as_ref().is_some_and(|s| !s.get(i).copied().unwrap_or(false))
            || (archived && settings.archived == Archived::No)
            || task_is_hidden(document, i, settings)
            || document.title(i) == FOOTNOTE_SECTION;
        headings.push(match (gone, archived && settings.archived == Archived::Headline) {
            (true, _) => Shown::No,
            (false, true) => Shown::TitleOnly,
            (false, false) => Shown::Whole,
        });
    }
    Pruned { preamble: selected.is_none(), headings }
}

/// Per heading whether it stands in, or above, a tree with a selecting tag; `None` where no heading has one.
fn selected(document: &Document, settings: &Settings) -> Option<Vec<bool>> {
    let select: HashSet<&str> = settings.select_tags.iter().map(String::as_str).collect();
    let count = document.headings.len();
    if document.filetags.iter().any(|t| select.contains(t.as_str())) {
        return (count > 0).then(|| vec![true; count]);
    }
    let mut out = vec![false; count];
    let mut any = false;
    let mut i = 0;
    while let Some(heading) = document.headings.get(i) {
        if !heading.tags.iter().any(|t| select.contains(document.slice(t))) {
            i += 1;
            continue;
        }
        any = true;
        let end = heading.next.clamp(i + 1, count);
        out[i..end].fill(true);
        let mut above = heading.parent;
        while let Some(p) = above.filter(|p| !out[*p]) {
            out[p] = true;
            above = document.headings[p].parent;
        }
        i = end;
    }
    any.then_some(out)
}

fn task_is_hidden(document: &Document, i: usize, settings: &Settings) -> bool {
    let Some(state) = document.headings.get(i).and_then(|h| h.state.as_ref()) else { return false };
    let word = document.slice(state);
    match &settings.tasks {
        Tasks::All => false,
        Tasks::No => true,
        Tasks::Open => document.todo.is_done(word),
        Tasks::Done => !document.todo.is_done(word),
        Tasks::Only(words) => !words.iter().any(|w| w == word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let document = Document::parse(text);
        let pruned = prune(&document, &Settings::of(&document));
        let mut got = String::from(if pruned.preamble { "+" } else { "-" });
        got.extend(pruned.headings.iter().map(|s| match s {
            Shown::Whole => 'w',
            Shown::TitleOnly => 't',
            Shown::No => '.',
        }));
        assert_eq!(got, expect, "{text}");
    }

    #[test]
    fn shown() {
        check("x\n* a\n** b :noexport:\n*** c\n** d\n* COMMENT e\n** f\n", "+w..w..");
        check("* a :ARCHIVE:\n** b\n* c\n", "+t.w");
        check("#+options: arch:nil\n* a :ARCHIVE:\n** b\n* c\n", "+..w");
        check("#+options: arch:t\n* a :ARCHIVE:\n** b\n* c\n", "+www");
        check("x\n* a\n** b :export:\n*** c\n** d\n* e\n", "-www..");
        check("#+filetags: :export:\n* a\n", "-w");
        check("#+filetags: :noexport:\n* a\n", "+.");
        check("#+options: tasks:todo\n* TODO a\n** x\n* DONE b\n** y\n* c\n", "+ww..w");
        check("#+options: tasks:(\"DONE\")\n* TODO a\n* DONE b\n", "+.w");
        check("#+tags: { g : x y }\n#+exclude_tags: g\n* a :x:\n* b :z:\n* c :g:\n", "+.w.");
        check("* Footnotes\n** x\n", "+..");
    }
}
