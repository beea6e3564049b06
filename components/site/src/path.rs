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

/// A file as seen from a page: relative, so that it holds wherever the site lies.
#[must_use]
pub fn relative(page: &str, file: &str) -> String {
    let from: Vec<&str> = page.split('/').collect();
    let to: Vec<&str> = file.split('/').collect();
    // The last part of each is a name and no folder.
    let most = from.len().min(to.len()) - 1;
    let same = from.iter().zip(&to).take(most).take_while(|(one, other)| one == other).count();
    let mut out = "../".repeat(from.len() - 1 - same);
    out.push_str(&encoded(&to[same..].join("/")));
    if out.is_empty() || out.split('/').next().is_some_and(|first| first.contains(':')) {
        out.insert_str(0, "./");
    }
    out
}

/// Where an address leads that stands on a page: the path, absolute and decoded. None: out of the site.
#[must_use]
pub fn resolved(page: &str, address: &str) -> Option<String> {
    let mut parts: Vec<String> = match address.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => page.split('/').skip(1).map(str::to_owned).collect(),
    };
    if !address.starts_with('/') {
        parts.pop();
    }
    let rest = address.strip_prefix('/').unwrap_or(address);
    let mut last = "";
    for part in rest.split('/') {
        last = part;
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(decoded(part)),
        }
    }
    let folder = matches!(last, "" | "." | "..") && !parts.is_empty();
    Some(format!("/{}{}", parts.join("/"), if folder { "/" } else { "" }))
}

/// Text with `%20` and the like as what they stand for.
#[must_use]
pub fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let digits =
            text.get(at + 1..at + 3).filter(|_| *byte == b'%').and_then(|two| u8::from_str_radix(two, 16).ok());
        out.push(digits.unwrap_or(*byte));
        at += if digits.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
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

    #[test]
    fn addresses_hold_wherever_the_site_lies() {
        for (page, file, seen) in [
            ("/", "/a.html", "a.html"),
            ("/a", "/index.html", "index.html"),
            ("/docs/a", "/index.html", "../index.html"),
            ("/docs/", "/docs/b c.html", "b%20c.html"),
            ("/docs/a", "/more/x/y.html", "../more/x/y.html"),
            ("/a", "/a:b.html", "./a:b.html"),
        ] {
            assert_eq!(relative(page, file), seen, "{page} {file}");
            assert_eq!(resolved(page, seen).as_deref(), Some(file), "{page} {seen}");
        }
        assert_eq!(resolved("/a/b", "../../x"), None);
        assert_eq!(resolved("/a/b", "/x/./y/"), Some("/x/y/".to_owned()));
        assert_eq!(resolved("/a/b", ".."), Some("/".to_owned()));
        assert_eq!(decoded("%c3%A4%2"), "ä%2");
    }
}
