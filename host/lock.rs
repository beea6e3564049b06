//! `wb.lock`: which rights were accepted for the components of the workbooks in a folder.
//!
//! Lines of a word and its value, sorted, so that the same content is the same bytes and version control merges it.
//! A line whose word is not known here belongs to somebody else (`component`, `package`: digests of what a workbook
//! refers to) and stays where it is. Nothing here decides anything; see `cli/rights.rs`.

use std::collections::{BTreeMap, BTreeSet};

use wb_composer::right::Right;

/// The file's name, in the folder of the workbooks it is about.
pub const NAME: &str = "wb.lock";

const HEAD: &str = "# What was accepted for the workbooks of this folder. `wb caps FILE --accept` writes it; keep it in \
                    version control.\n";
const VERSION: &str = "version 1";

/// The content of a lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    books: BTreeMap<String, Book>,
}

/// What is recorded about one workbook.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Book {
    nodes: BTreeMap<String, Entry>,
    others: BTreeSet<String>,
}

/// What is recorded about one component.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Entry {
    rights: BTreeSet<Right>,
    others: BTreeSet<String>,
}

/// A lock file that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{NAME}:{line}: {why}")]
pub struct LockError {
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

impl Lock {
    /// Reads a lock file.
    ///
    /// # Errors
    ///
    /// At the first line that is out of place: a lock that is half understood accepts nothing.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let mut lock = Self::default();
        let (mut book, mut node) = (None::<String>, None::<String>);
        let mut versioned = false;
        for (index, line) in text.lines().enumerate() {
            let error = |why: String| LockError { line: index + 1, why };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (word, value) = line.split_once(' ').map_or((line, ""), |(word, value)| (word, value.trim()));
            if !versioned {
                if line != VERSION {
                    return Err(error(format!(
                        "expected `{VERSION}`: another version of wb wrote this, or it is damaged"
                    )));
                }
                versioned = true;
                continue;
            }
            if !word.chars().all(|c| c.is_ascii_lowercase() || c == '-') || value.is_empty() {
                return Err(error(format!("`{}` is no entry; is it a merge that was not finished?", shorten(line))));
            }
            match (word, &book, &node) {
                ("workbook", ..) => {
                    lock.books.entry(value.to_owned()).or_default();
                    (book, node) = (Some(value.to_owned()), None);
                }
                (_, None, _) => return Err(error(format!("`{word}` before the first `workbook`"))),
                ("node", Some(of), _) => {
                    lock.books.entry(of.clone()).or_default().nodes.entry(value.to_owned()).or_default();
                    node = Some(value.to_owned());
                }
                ("right", Some(_), None) => return Err(error("`right` before the first `node`".to_owned())),
                ("right", Some(of), Some(node)) => {
                    let right = Right::parse(value).map_err(|problem| error(problem.to_string()))?;
                    lock.entry(of, node).rights.insert(right);
                }
                (_, Some(of), None) => drop(lock.books.entry(of.clone()).or_default().others.insert(line.to_owned())),
                (_, Some(of), Some(node)) => drop(lock.entry(of, node).others.insert(line.to_owned())),
            }
        }
        Ok(lock)
    }

    fn entry(&mut self, book: &str, node: &str) -> &mut Entry {
        self.books.entry(book.to_owned()).or_default().nodes.entry(node.to_owned()).or_default()
    }

    /// Whether a right was accepted for a component, by itself or as a part of a wider one.
    #[must_use]
    pub fn accepts(&self, book: &str, node: &str, right: &Right) -> bool {
        self.accepted(book, node).any(|accepted| accepted.covers(right))
    }

    /// The rights accepted for a component.
    pub fn accepted<'a>(&'a self, book: &str, node: &str) -> impl Iterator<Item = &'a Right> {
        self.books.get(book).and_then(|book| book.nodes.get(node)).into_iter().flat_map(|entry| &entry.rights)
    }

    /// The components of a workbook that something was accepted for.
    pub fn nodes<'a>(&'a self, book: &str) -> impl Iterator<Item = &'a str> {
        self.books.get(book).into_iter().flat_map(|book| &book.nodes).map(|(id, _)| id.as_str())
    }

    /// Records what is accepted for a component, in place of what was.
    pub fn accept(&mut self, book: &str, node: &str, rights: impl IntoIterator<Item = Right>) {
        self.entry(book, node).rights = rights.into_iter().collect();
    }

    /// The digest that a component's reference led to when it was accepted.
    #[must_use]
    pub fn pinned(&self, book: &str, node: &str, reference: &str) -> Option<&str> {
        let entry = self.books.get(book)?.nodes.get(node)?;
        let pins = entry.others.iter().filter_map(|line| line.strip_prefix("component ")?.rsplit_once(' '));
        pins.into_iter().find(|(of, _)| of.trim() == reference).map(|(_, digest)| digest)
    }

    /// Records where the references of a workbook's components lead, in place of what was.
    pub fn pin<'a>(&mut self, book: &str, pins: impl IntoIterator<Item = (&'a str, &'a str, String)>) {
        for entry in self.books.entry(book.to_owned()).or_default().nodes.values_mut() {
            entry.others.retain(|line| !line.starts_with("component "));
        }
        for (node, reference, digest) in pins {
            self.entry(book, node).others.insert(format!("component {reference} {digest}"));
        }
    }

    /// Forgets the components of a workbook that are not in it any more.
    pub fn retain(&mut self, book: &str, is_there: impl Fn(&str) -> bool) {
        if let Some(book) = self.books.get_mut(book) {
            book.nodes.retain(|id, _| is_there(id));
        }
    }

    /// The file's text. Components and workbooks about which there is nothing to say are left out.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{HEAD}{VERSION}\n");
        for (name, book) in &self.books {
            let nodes: Vec<_> =
                book.nodes.iter().filter(|(_, entry)| !entry.rights.is_empty() || !entry.others.is_empty()).collect();
            if nodes.is_empty() && book.others.is_empty() {
                continue;
            }
            text.push_str(&format!("\nworkbook {name}\n"));
            book.others.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
            for (id, entry) in nodes {
                text.push_str(&format!("  node {id}\n"));
                entry.rights.iter().for_each(|right| text.push_str(&format!("    right {right}\n")));
                entry.others.iter().for_each(|line| text.push_str(&format!("    {line}\n")));
            }
        }
        text
    }
}

fn shorten(line: &str) -> String {
    line.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use wb_composer::right::Right;

    use super::Lock;

    fn right(text: &str) -> Right {
        Right::parse(text).unwrap()
    }

    #[test]
    fn what_is_written_is_read_again_and_others_lines_stay() {
        let mut lock = Lock::default();
        lock.accept("b c.org", "b/two", [right("net:*.example.com"), right("clock")]);
        lock.accept("a.org", "a/one", [right("fs:read:./data")]);
        lock.accept("a.org", "a/none", []);
        let text = lock.text();
        assert!(!text.contains("a/none") && text.find("a.org") < text.find("b c.org"), "{text}");
        assert_eq!(Lock::parse(&text).unwrap().text(), text);
        let more =
            text.replace("  node a/one\n", "  package clang sha256:00\n  node a/one\n    component x.wasm sha256:11\n");
        assert_eq!(
            Lock::parse(&more).unwrap().text(),
            more.replace(
                "    component x.wasm sha256:11\n    right fs:read:./data\n",
                "    right fs:read:./data\n    component x.wasm sha256:11\n",
            )
        );
        let lock = Lock::parse(&more).unwrap();
        assert!(lock.accepts("b c.org", "b/two", &right("net:api.example.com")));
        assert!(!lock.accepts("b c.org", "b/two", &right("net:example.com")));
        assert!(!lock.accepts("a.org", "b/two", &right("clock")));
    }

    #[test]
    fn a_damaged_lock_accepts_nothing_and_says_where() {
        for (text, line) in [
            ("version 2\n", 1),
            ("workbook a.org\n", 1),
            ("version 1\nnode a/b\n", 2),
            ("version 1\nworkbook a.org\nright clock\n", 3),
            ("version 1\nworkbook a.org\n node a/b\n right root\n", 4),
            ("version 1\n<<<<<<< HEAD\n", 2),
            ("version 1\nworkbook a.org\n=======\n", 3),
        ] {
            assert_eq!(Lock::parse(text).unwrap_err().line, line, "{text}");
        }
        assert_eq!(Lock::parse("").unwrap(), Lock::default());
    }
}
