//! Edits of a text, as the kernel gives them: applied, and shown as a diff.

use std::ops::Range;

use crate::kernel::types::Edit;

/// Lines around a change.
const CONTEXT: usize = 3;

/// The text with its edits made. Edits are sorted and apart; one that is not, or lies outside the text, is left out.
#[must_use]
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = 0;
    for edit in edits {
        let Some(between) = text.get(at..edit.start as usize) else { continue };
        if text.get(edit.start as usize..edit.end as usize).is_none() {
            continue;
        }
        out.push_str(between);
        out.push_str(&edit.text);
        at = edit.end as usize;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Lines of the old text and the lines that replace them.
struct Change {
    old: Range<usize>,
    new: Vec<String>,
}

/// A unified diff of the text before and after its edits; empty without edits.
#[must_use]
pub fn diff(name: &str, text: &str, edits: &[Edit]) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let changes = changes(text, &lines, edits);
    if changes.is_empty() {
        return String::new();
    }
    let mut out = format!("--- {name}\n+++ {name}\n");
    let mut shift = 0isize;
    let mut rest = changes.as_slice();
    while let Some(first) = rest.first() {
        // Changes whose surroundings touch are one hunk.
        let near = rest.windows(2).take_while(|pair| pair[1].old.start <= pair[0].old.end + 2 * CONTEXT).count() + 1;
        let (hunk, later) = rest.split_at(near);
        let last = &hunk[near - 1];
        let start = first.old.start.saturating_sub(CONTEXT);
        let end = (last.old.end + CONTEXT).min(lines.len());
        let grown: isize = hunk.iter().map(|change| change.new.len() as isize - change.old.len() as isize).sum();
        let (old, new) = (end - start, (end - start) as isize + grown);
        let begin = |line: isize, count: isize| if count == 0 { line } else { line + 1 };
        let (from, to) = (begin(start as isize, old as isize), begin(start as isize + shift, new));
        out.push_str(&format!("@@ -{from},{old} +{to},{new} @@\n"));
        let mut at = start;
        for change in hunk {
            lines[at..change.old.start].iter().for_each(|line| push(&mut out, ' ', line));
            lines[change.old.clone()].iter().for_each(|line| push(&mut out, '-', line));
            change.new.iter().for_each(|line| push(&mut out, '+', line));
            at = change.old.end;
        }
        lines[at..end].iter().for_each(|line| push(&mut out, ' ', line));
        shift += grown;
        rest = later;
    }
    out
}

fn push(out: &mut String, mark: char, line: &str) {
    out.push(mark);
    out.push_str(line);
    if !line.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}

/// The edits as whole lines; several edits of one line are one change.
fn changes(text: &str, lines: &[&str], edits: &[Edit]) -> Vec<Change> {
    let mut starts = Vec::with_capacity(lines.len() + 1);
    let mut at = 0;
    for line in lines {
        starts.push(at);
        at += line.len();
    }
    starts.push(at);
    let mut out: Vec<Change> = Vec::new();
    let mut rest = edits;
    while let Some(first) = rest.first() {
        let begin = starts.partition_point(|start| *start <= first.start as usize).saturating_sub(1);
        let mut end = begin;
        let mut count = 0;
        for edit in rest {
            let (from, to) = (edit.start as usize, edit.end as usize);
            if count > 0 && starts.get(end).is_none_or(|start| from >= *start) {
                break;
            }
            let after = starts.partition_point(|start| *start < to);
            // What is put in at the beginning of a line leaves the line alone, if it ends with a break.
            let whole = starts.get(end) == Some(&to) && (edit.text.is_empty() || edit.text.ends_with('\n'));
            end = end.max(if whole { end } else { after.max(end + 1) }).min(lines.len());
            count += 1;
        }
        let (own, later) = rest.split_at(count);
        let (base, stop) =
            (starts.get(begin).copied().unwrap_or(text.len()), starts.get(end).copied().unwrap_or(text.len()));
        let moved: Vec<Edit> = own
            .iter()
            .map(|edit| Edit { start: edit.start - base as u32, end: edit.end - base as u32, text: edit.text.clone() })
            .collect();
        let new = apply(text.get(base..stop).unwrap_or_default(), &moved);
        let same = text.get(base..stop) == Some(new.as_str());
        let new = new.split_inclusive('\n').map(str::to_owned);
        match out.last_mut() {
            _ if same => {}
            // Neighbours are one change: first all that goes, then all that comes.
            Some(before) if before.old.end == begin => {
                before.old.end = end;
                before.new.extend(new);
            }
            _ => out.push(Change { old: begin..end, new: new.collect() }),
        }
        rest = later;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit { start, end, text: text.to_owned() }
    }

    #[test]
    fn applied() {
        assert_eq!(apply("abcdef", &[edit(1, 2, "X"), edit(3, 3, "Y"), edit(5, 9, "Z")]), "aXcYdef");
    }

    #[test]
    fn hunks() {
        let text: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let at = |line: &str| text.find(&format!("\n{line}\n")).map_or(0, |i| i as u32 + 1);
        let edits = [edit(0, 1, "one"), edit(at("12"), at("12"), "new\n"), edit(at("13"), at("14"), "")];
        let shown = "--- x\n+++ x\n@@ -1,4 +1,4 @@\n-1\n+one\n 2\n 3\n 4\n@@ -9,8 +9,8 @@\n 9\n 10\n 11\n+new\n 12\n-13\n 14\n 15\n 16\n";
        assert_eq!(diff("x", &text, &edits), shown);
        assert_eq!(
            diff("x", "a", &[edit(0, 1, "b\n")]),
            "--- x\n+++ x\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+b\n"
        );
        assert_eq!(diff("x", "a\n", &[edit(2, 2, "b\n")]), "--- x\n+++ x\n@@ -1,1 +1,2 @@\n a\n+b\n");
        assert_eq!(diff("x", "a\n", &[]), "");
    }
}
