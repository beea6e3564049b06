//! From what was asked for to the paths of files: clean addresses.
//!
//! `/a/b` is the file of that path, or else `/a/b.html`; `/a/` is `/a/index.html`. What is one of both with the wrong end is
//! sent to the right one. Paths are compared, never opened, so there is nothing to traverse.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The file that is shown where there is none.
pub const MISSING: &str = "/404.html";

/// The most bytes of a target.
pub const MOST: usize = 4096;

/// What stays as it is in a path (RFC 3986, section 3.3).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// Why a target is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It is longer than [`MOST`].
    Long,
    /// It does not begin with `/`, or is not UTF-8 after decoding.
    Form,
}

/// What may stand at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// This is it.
    Here,
    /// It has this address instead.
    Moved(String),
    /// It is not there, and this is what is shown.
    Missing,
}

/// Paths to look at in this order, and what each means.
///
/// # Errors
///
/// When this is no target.
pub fn ways(target: &str) -> Result<(Vec<String>, Vec<Way>), Wrong> {
    if target.len() > MOST {
        return Err(Wrong::Long);
    }
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let (mut paths, mut ways) = (Vec::with_capacity(5), Vec::with_capacity(5));
    let mut way = |path: String, way: Way| {
        paths.push(path);
        ways.push(way);
    };
    if let Some(path) = decoded(path)? {
        match path.strip_suffix('/') {
            Some(above) => {
                way(format!("{path}index.html"), Way::Here);
                way(path.clone(), Way::Here);
                if !above.is_empty() {
                    way(format!("{above}.html"), Way::Moved(address(above, query)));
                    way(above.to_owned(), Way::Moved(address(above, query)));
                }
            }
            None => {
                let folder = format!("{path}/");
                way(path.clone(), if path == MISSING { Way::Missing } else { Way::Here });
                way(format!("{path}.html"), if path == "/404" { Way::Missing } else { Way::Here });
                way(format!("{folder}index.html"), Way::Moved(address(&folder, query)));
            }
        }
    }
    way(MISSING.to_owned(), Way::Missing);
    Ok((paths, ways))
}

/// A path decoded once. `None`: nothing can have this path.
fn decoded(path: &str) -> Result<Option<String>, Wrong> {
    let Some(rest) = path.strip_prefix('/') else { return Err(Wrong::Form) };
    let mut whole = String::with_capacity(path.len());
    let mut parts = rest.split('/').peekable();
    while let Some(part) = parts.next() {
        let plain = percent_decode_str(part).decode_utf8().map_err(|_| Wrong::Form)?;
        let is_last = parts.peek().is_none();
        let is_name = !plain.contains(|c: char| matches!(c, '/' | '\\') || c.is_control());
        if !is_name || matches!(&*plain, "." | "..") || (plain.is_empty() && !is_last) {
            return Ok(None);
        }
        whole.push('/');
        whole.push_str(&plain);
    }
    Ok(Some(whole))
}

/// An address on this site. It begins with one `/`, never with two: those would be another host's.
fn address(path: &str, query: Option<&str>) -> String {
    let mut address = utf8_percent_encode(path, PLAIN).to_string();
    if let Some(query) = query {
        address.push('?');
        address.push_str(query);
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_clean() {
        let (paths, which) = ways("/a/b%20c?x=1").unwrap();
        assert_eq!(paths, ["/a/b c", "/a/b c.html", "/a/b c/index.html", "/404.html"]);
        assert_eq!(which[1..], [Way::Here, Way::Moved("/a/b%20c/?x=1".to_owned()), Way::Missing]);
        let (paths, which) = ways("/a/").unwrap();
        assert_eq!(paths, ["/a/index.html", "/a/", "/a.html", "/a", "/404.html"]);
        assert_eq!(which[2], Way::Moved("/a".to_owned()));
        assert_eq!(ways("/").unwrap().0, ["/index.html", "/", "/404.html"]);
        assert_eq!((&ways("/404").unwrap().1[1], &ways("/404.html").unwrap().1[0]), (&Way::Missing, &Way::Missing));
    }

    #[test]
    fn nothing_leads_out() {
        for target in [
            "/../a",
            "/a/..",
            "/%2e%2e/a",
            "/%2E./a",
            "/a%2fb",
            "/a%2f..%2fb",
            "/a\\b",
            "/%5c..",
            "/a%00",
            "/%0d%0aset-cookie:a",
            "//evil.example/",
            "/a//b",
            "//",
        ] {
            assert_eq!(ways(target).unwrap().0, ["/404.html"], "{target}");
        }
        // Decoded once: these are names like others.
        assert_eq!(ways("/%252e%252e/a").unwrap().0[0], "/%2e%2e/a");
        assert_eq!(ways("/100%").unwrap().0[0], "/100%");
        for target in ["", "a", "*", "http://x/", "/%ff", "/%c0%ae"] {
            assert_eq!(ways(target), Err(Wrong::Form), "{target}");
        }
        assert_eq!(ways(&format!("/{}", "a".repeat(MOST))), Err(Wrong::Long));
    }

    #[test]
    fn redirects_stay_on_the_site() {
        let (_, which) = ways("/%20%22%3Cb%3E").unwrap();
        assert_eq!(which[2], Way::Moved("/%20%22%3Cb%3E/".to_owned()));
    }
}
