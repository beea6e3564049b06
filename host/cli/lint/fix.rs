//! `wb lint --fix`: takes up the cures that need no thought, again and again until there are none left.

use crate::disk::Source;
use crate::kernel::KernelError;
use crate::kernel::types::{Diagnostic, Edit};

/// A cure may make room for another one, but not for ever.
const ROUNDS: usize = 10;

/// A text after its cures.
pub(super) struct Fixed {
    /// All of it.
    pub(super) text: String,
    /// What was cured, in the order it was, with spans of the text of its round.
    pub(super) done: Vec<Diagnostic>,
    /// What is left.
    pub(super) findings: Vec<Diagnostic>,
}

/// Applies what can be applied.
pub(super) fn fix(
    source: &Source,
    ask: impl Fn(&str) -> Result<Vec<Diagnostic>, KernelError>,
) -> Result<Fixed, KernelError> {
    let mut fixed = Fixed { text: source.text.clone(), done: Vec::new(), findings: ask(&source.text)? };
    for _ in 0..ROUNDS {
        let (edits, done) = choose(&fixed.findings);
        if edits.is_empty() {
            break;
        }
        let Some(text) = apply(&fixed.text, &edits) else { break };
        if text == fixed.text {
            break;
        }
        fixed.findings = ask(&text)?;
        fixed.text = text;
        fixed.done.extend(done);
    }
    Ok(fixed)
}

/// The edits of as many findings as do not get in each other's way; a finding's edits are made together or not at all.
fn choose(findings: &[Diagnostic]) -> (Vec<Edit>, Vec<Diagnostic>) {
    let mut with: Vec<&Diagnostic> = findings.iter().filter(|finding| !finding.fix.is_empty()).collect();
    with.sort_by_key(|finding| finding.fix.first().map_or(0, |edit| edit.start));
    let (mut edits, mut done, mut free) = (Vec::new(), Vec::new(), None);
    for finding in with {
        let start = finding.fix.first().map_or(0, |edit| edit.start);
        // Two insertions at one place would be in no order.
        if free.is_none_or(|free| start > free) {
            free = finding.fix.last().map(|edit| edit.end);
            edits.extend(finding.fix.iter().cloned());
            done.push(finding.clone());
        }
    }
    (edits, done)
}

/// The text with its edits, which are sorted; `None` if they do not fit it.
fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.start as usize)?);
        out.push_str(&edit.text);
        at = edit.end as usize;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// What changed, as a unified diff without context.
pub(super) fn diff(name: &str, before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.split('\n').collect(), after.split('\n').collect());
    let ahead = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let behind = old[ahead..].iter().rev().zip(new[ahead..].iter().rev()).take_while(|(one, other)| one == other);
    let behind = behind.count();
    let mut hunks = String::new();
    let mut hunk = |start: usize, old: &[&str], new: &[&str]| {
        hunks.push_str(&format!("@@ -{start},{} +{start},{} @@\n", old.len(), new.len()));
        old.iter().for_each(|line| hunks.push_str(&format!("-{line}\n")));
        new.iter().for_each(|line| hunks.push_str(&format!("+{line}\n")));
    };
    let (old_middle, new_middle) = (&old[ahead..old.len() - behind], &new[ahead..new.len() - behind]);
    if old_middle.len() == new_middle.len() {
        let mut at = 0;
        while at < old_middle.len() {
            let differ = old_middle[at..].iter().zip(&new_middle[at..]).take_while(|(one, other)| one != other).count();
            if differ > 0 {
                hunk(ahead + at + 1, &old_middle[at..at + differ], &new_middle[at..at + differ]);
            }
            at += differ.max(1);
        }
    } else {
        hunk(ahead + 1, old_middle, new_middle);
    }
    if hunks.is_empty() { hunks } else { format!("--- a/{name}\n+++ b/{name}\n{hunks}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines() {
        assert_eq!(
            diff("x", "a\nb\nc\nd\n", "a\nB\nc\nD\n"),
            "--- a/x\n+++ b/x\n@@ -2,1 +2,1 @@\n-b\n+B\n@@ -4,1 +4,1 @@\n-d\n+D\n"
        );
        assert_eq!(diff("x", "a\nb\n", "a\n"), "--- a/x\n+++ b/x\n@@ -2,1 +2,0 @@\n-b\n");
        assert_eq!(diff("x", "a", "a"), "");
    }

    #[test]
    fn edits_that_do_not_fit_are_none() {
        let edit = |start, end| Edit { start, end, text: "x".to_owned() };
        assert_eq!(apply("é", &[edit(1, 2)]), None);
        assert_eq!(apply("abc", &[edit(1, 2), edit(3, 3)]).as_deref(), Some("axcx"));
    }
}
