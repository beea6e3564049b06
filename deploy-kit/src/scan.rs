//! The line scan: headings, the lines of `:PROPERTIES:` drawers, and `#+DEPLOY_…:` keywords. Nothing is interpreted.
//!
//! A line counts only for what it is by itself; the state is one boolean for "in the drawer" and one for "in a block",
//! so that an example shown in `#+begin_example … #+end_example` is not read as configuration. As in Org, a heading
//! ends both.

use crate::issue::{Issue, Problem};
use crate::position::Position;
use crate::secret::Secret;

/// One `* heading`.
pub(crate) struct Heading<'a> {
    pub(crate) level: usize,
    pub(crate) title: &'a str,
    /// Tagged `:deployment:`, or `:deploy:` as older files have it.
    pub(crate) is_deployment: bool,
    pub(crate) at: Position,
}

/// One `:KEY: value` of a drawer, or one `#+KEY: value`. The value is wrapped until somebody decides that it is none
/// of those that must not be shown.
pub(crate) struct Entry<'a> {
    /// As written.
    pub(crate) key: &'a str,
    pub(crate) key_at: Position,
    pub(crate) value: Secret,
    pub(crate) value_at: Position,
    /// Index of the heading it stands under.
    pub(crate) heading: Option<usize>,
}

/// What a scan finds, in document order.
#[derive(Default)]
pub(crate) struct Scan<'a> {
    pub(crate) headings: Vec<Heading<'a>>,
    pub(crate) entries: Vec<Entry<'a>>,
    pub(crate) keywords: Vec<Entry<'a>>,
    pub(crate) issues: Vec<Issue>,
}

/// What the lines so far have opened.
#[derive(Clone, Copy)]
enum Inside {
    Text,
    Block,
    Drawer { opened: Position },
}

pub(crate) fn scan(text: &str) -> Scan<'_> {
    let mut scan = Scan::default();
    let mut inside = Inside::Text;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let here = Here { index, line };
        if let Some(heading) = here.heading() {
            scan.close(inside);
            scan.headings.push(heading);
            inside = Inside::Text;
        } else {
            inside = scan.line(here, inside);
        }
    }
    scan.close(inside);
    scan
}

impl<'a> Scan<'a> {
    /// Takes one line that is no heading; says what is open after it.
    fn line(&mut self, here: Here<'a>, inside: Inside) -> Inside {
        let word = here.line.trim();
        match inside {
            Inside::Block if starts_with(word, "#+end_") => Inside::Text,
            Inside::Text if starts_with(word, "#+begin_") => Inside::Block,
            Inside::Text if word.eq_ignore_ascii_case(":PROPERTIES:") => Inside::Drawer { opened: here.start() },
            Inside::Text => {
                if starts_with(word, "#+DEPLOY_")
                    && let Ok(entry) = here.pair("#+", self.heading())
                {
                    self.keywords.push(entry);
                }
                inside
            }
            Inside::Drawer { .. } if word.eq_ignore_ascii_case(":END:") => Inside::Text,
            Inside::Drawer { .. } if !word.is_empty() && !word.starts_with('#') => {
                match here.pair(":", self.heading()) {
                    Ok(entry) => self.entries.push(entry),
                    Err(issue) => self.issues.push(issue),
                }
                inside
            }
            _ => inside,
        }
    }

    fn heading(&self) -> Option<usize> {
        self.headings.len().checked_sub(1)
    }

    fn close(&mut self, inside: Inside) {
        if let Inside::Drawer { opened } = inside {
            // What follows an open drawer is mostly the text the author meant to write after it.
            self.issues.retain(|issue| issue.at < opened);
            self.issues.push(Issue::new(opened, Problem::UnclosedDrawer));
        }
    }
}

/// One line and its number.
#[derive(Clone, Copy)]
struct Here<'a> {
    index: usize,
    line: &'a str,
}

impl<'a> Here<'a> {
    /// The position of `part`, which is a slice of the line.
    fn at(self, part: &str) -> Position {
        let offset = part.as_ptr().addr().saturating_sub(self.line.as_ptr().addr());
        Position::in_line(self.index, self.line, offset)
    }

    fn start(self) -> Position {
        self.at(self.line.trim())
    }

    fn heading(self) -> Option<Heading<'a>> {
        let rest = self.line.trim_start_matches('*');
        let level = self.line.len() - rest.len();
        if level == 0 || !rest.starts_with([' ', '\t']) {
            return None;
        }
        let (title, tags) = split_tags(rest.trim());
        let is_deployment = tags.split(':').any(|tag| tag == "deployment" || tag == "deploy");
        Some(Heading { level, title, is_deployment, at: self.start() })
    }

    /// `:KEY: value` with `prefix` `:`, `#+KEY: value` with `prefix` `#+`.
    fn pair(self, prefix: &str, heading: Option<usize>) -> Result<Entry<'a>, Issue> {
        let stray = || Issue::new(self.start(), Problem::NotAProperty);
        let (key, rest) =
            self.line.trim().strip_prefix(prefix).and_then(|pair| pair.split_once(':')).ok_or_else(stray)?;
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(stray());
        }
        let value = rest.trim();
        if value.is_empty() {
            return Err(Issue::new(self.start(), Problem::EmptyValue { key: key.to_ascii_uppercase() }));
        }
        if !rest.starts_with(char::is_whitespace) {
            return Err(stray());
        }
        Ok(Entry { key, key_at: self.start(), value: Secret::new(value), value_at: self.at(value), heading })
    }
}

fn starts_with(word: &str, prefix: &str) -> bool {
    word.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// `title  :one:two:` into the title and `one:two`.
fn split_tags(text: &str) -> (&str, &str) {
    let start = text.rfind([' ', '\t']).map_or(0, |at| at + 1);
    let (title, last) = text.split_at(start);
    let tag = |c: char| c.is_alphanumeric() || "_@#%:".contains(c);
    match last.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')) {
        Some(tags) if tags.chars().all(tag) => (title.trim_end(), tags),
        _ => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        scan(text).entries.iter().map(|e| format!("{}={} {}", e.key, e.value.expose(), e.value_at)).collect()
    }

    #[test]
    fn only_drawer_lines_count_and_crlf_and_indentation_do_not() {
        let text = ":A: no\r\n* h\r\n  :properties:\r\n\t:a:  one two \r\n# note\r\n  :end:\r\n:B: no\r\n";
        assert_eq!(keys(text), ["a=one two 4:7"]);
    }

    #[test]
    fn a_drawer_shown_in_a_block_is_text() {
        assert_eq!(
            keys("#+BEGIN_EXAMPLE\n:PROPERTIES:\n:A: x\n:END:\n#+END_EXAMPLE\n:PROPERTIES:\n:B: y\n:END:"),
            ["B=y 7:5"]
        );
    }

    #[test]
    fn a_heading_ends_an_open_drawer() {
        let found = scan("* a\n:PROPERTIES:\n:A: x\n* b\n");
        assert_eq!(found.issues, [Issue::new(Position { line: 2, column: 1 }, Problem::UnclosedDrawer)]);
        assert_eq!(found.entries.len(), 1);
    }

    #[test]
    fn tags_are_told_from_titles() {
        assert_eq!(split_tags("my app   :deploy:eu:"), ("my app", "deploy:eu"));
        assert_eq!(split_tags(":deploy:"), ("", "deploy"));
        assert_eq!(split_tags("at 12:30:"), ("at 12:30:", ""));
        assert_eq!(split_tags("naïve\u{2003}:deploy:"), ("naïve\u{2003}:deploy:", ""));
    }
}
