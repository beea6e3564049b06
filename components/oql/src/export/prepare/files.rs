//! The files a caller gave, by their path.

use std::collections::HashMap;

use crate::model::File;

/// Files by their normalised path.
pub(super) struct Files<'f> {
    by_path: HashMap<String, &'f str>,
}

impl<'f> Files<'f> {
    pub(super) fn new(files: &'f [File]) -> Self {
        let by_path = files.iter().filter_map(|f| Some((normal("", &f.path)?, f.text.as_str())));
        Files { by_path: by_path.collect() }
    }

    /// Whether there is none to put in.
    pub(super) fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    /// The text of a file, by its normalised path.
    pub(super) fn get(&self, path: &str) -> Option<&'f str> {
        self.by_path.get(path).copied()
    }
}

/// The directory of a normalised path: empty, or with a slash at its end.
pub(super) fn directory(path: &str) -> &str {
    path.rfind('/').and_then(|i| path.get(..=i)).unwrap_or("")
}

/// A path that is written in a file of this directory, from the root of all: without `.` and `..`. One that climbs
/// above the root is `None`. An absolute path stays one.
pub(super) fn normal(directory: &str, path: &str) -> Option<String> {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{directory}{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    let root = if whole.starts_with('/') { "/" } else { "" };
    (!parts.is_empty()).then(|| format!("{root}{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let check = |directory: &str, path: &str, expect: Option<&str>| {
            assert_eq!(normal(directory, path).as_deref(), expect, "{directory} {path}");
        };
        check("", "./a/../b.org", Some("b.org"));
        check("a/", "../c.org", Some("c.org"));
        check("a/", "../../c.org", None);
        check("a/", "/etc/x", Some("/etc/x"));
        check("", ".", None);
        assert_eq!((directory("a/b.org"), directory("b.org")), ("a/", ""));
    }
}
