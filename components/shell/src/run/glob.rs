//! File names for a pattern.

use super::Shell;
use crate::Stop;
use crate::pattern::{self, Pattern};

/// Names that a pattern may stand for.
const MAX_NAMES: usize = 100_000;

impl Shell {
    /// Paths that match, sorted.
    pub(crate) fn glob(&self, pattern: &str) -> Result<Vec<String>, Stop> {
        let absolute = pattern.starts_with('/');
        let mut found = vec![if absolute { "/".to_owned() } else { String::new() }];
        for part in pattern.split('/').filter(|part| !part.is_empty()) {
            let mut next = Vec::new();
            let plain = unescape(part);
            let is_pattern = pattern::is_pattern(&part.replace("\\*", "").replace("\\?", "").replace("\\[", ""));
            let matcher = Pattern::new(part);
            for before in found {
                let join = |name: &str| {
                    if before.is_empty() || before.ends_with('/') {
                        format!("{before}{name}")
                    } else {
                        format!("{before}/{name}")
                    }
                };
                if !is_pattern {
                    let path = join(&plain);
                    if self.common.files.stat(&self.path(&path), true).is_ok() {
                        next.push(path);
                    }
                    continue;
                }
                let names = self.common.files.list(&self.path(&before)).unwrap_or_default();
                let hidden = part.starts_with('.') || part.starts_with("\\.");
                next.extend(
                    names
                        .iter()
                        .filter(|name| (hidden || !name.starts_with('.')) && matcher.matches(name))
                        .map(|n| join(n)),
                );
                if next.len() > MAX_NAMES {
                    return Err(Stop::Limit(format!("a pattern stands for more than {MAX_NAMES} files")));
                }
            }
            found = next;
        }
        if pattern.ends_with('/') {
            found.iter_mut().for_each(|path| path.push('/'));
        }
        found.sort();
        Ok(found)
    }
}

fn unescape(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    let mut chars = part.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    out
}
