//! Addresses of pages, and the names of their files.
//!
//! The tree of addresses is the tree of sources without endings, so that links between sources are links between pages:
//! `/a/b` is the file `/a/b.html`, `/a/` is `/a/index.html`. Hosts of plain folders understand both.

/// The most bytes of a path, with the ending.
const MOST: usize = 1000;

/// What is wrong with an address of a page or with the path of a file; nothing when it is one.
#[must_use]
pub fn wrong(path: &str) -> Option<&'static str> {
    let Some(rest) = path.strip_prefix('/') else { return Some("a path begins with `/`") };
    if path.len() > MOST {
        return Some("a path has at most 1000 bytes");
    }
    if path.contains(|c: char| c.is_control() || c == '\\') {
        return Some("a path has no control characters and no `\\`");
    }
    let parts: Vec<&str> = rest.strip_suffix('/').unwrap_or(rest).split('/').collect();
    if parts.iter().any(|part| matches!(*part, "." | "..")) {
        return Some("a path has no part `.` or `..`");
    }
    if !rest.is_empty() && parts.iter().any(|part| part.is_empty()) {
        return Some("a path has no empty part");
    }
    None
}

/// The file of a page.
#[must_use]
pub fn file_of(page: &str) -> String {
    if page.ends_with('/') { format!("{page}index.html") } else { format!("{page}.html") }
}

/// A path as it stands in an address (RFC 3986, section 3.3).
#[must_use]
pub fn encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => text.push(char::from(byte)),
            b'!' | b'$' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@' => text.push(char::from(byte)),
            _ => {
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                text.push('%');
                text.push(char::from(DIGITS[usize::from(byte >> 4)]));
                text.push(char::from(DIGITS[usize::from(byte & 15)]));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_nowhere_else() {
        for good in ["/", "/a", "/a/", "/a/b.c", "/ä b", "/.well-known/did.json", "/a..b"] {
            assert_eq!(wrong(good), None, "{good}");
        }
        for bad in ["", "a", "//", "/a//b", "/..", "/../a", "/a/./b", "/a\\b", "/a\0", "/a\n", &"/a".repeat(600)] {
            assert!(wrong(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn pages_have_files_and_addresses() {
        assert_eq!(["/", "/a", "/a/"].map(file_of), ["/index.html", "/a.html", "/a/index.html"]);
        assert_eq!(encoded("/ä b?#%&'\""), "/%C3%A4%20b%3F%23%25%26%27%22");
    }
}
