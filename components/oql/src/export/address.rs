//! Where a link leads: its path taken apart as Org takes it apart, and the address a page may hold.

use crate::links;
use crate::object::LinkForm;
use crate::object::link::TYPES;
use crate::search;

/// Schemes only Emacs follows. They stay links in the reference profile, where they lead nowhere.
const INERT: &[&str] = &[
    "attachment",
    "shell",
    "elisp",
    "help",
    "shortdoc",
    "docview",
    "bibtex",
    "bbdb",
    "w3m",
    "gnus",
    "mhe",
    "rmail",
    "eww",
    "info",
    "id",
    "message",
    "evernote",
    "zotero",
    "notmuch",
    "mu4e",
];

/// What the path of a link means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    File {
        path: String,
        search: Option<String>,
    },
    CustomId(String),
    Id(String),
    CodeRef(String),
    Fuzzy(String),
    /// Type and path.
    Url(String, String),
}

/// Takes a link apart. `known` says whether the parser took the word before the colon for a link type.
pub(crate) fn read(raw: &str, form: LinkForm, known: bool, abbreviations: &[(String, String)]) -> Target {
    let joined;
    let mut raw = raw;
    if raw.contains('\n') || raw.contains('\\') {
        joined = match form {
            LinkForm::Bracket => unescape(&join(raw, " ")),
            _ => join(raw, ""),
        };
        raw = joined.as_str();
    }
    if form == LinkForm::Bracket
        && let Some(text) = expand(raw, abbreviations)
    {
        return of_bracket(&text, false);
    }
    of_bracket(raw, known || form != LinkForm::Bracket)
}

fn of_bracket(raw: &str, known: bool) -> Target {
    if raw.starts_with(['/', '~']) || raw.starts_with("./") || raw.starts_with("../") {
        return Target::File { path: raw.to_owned(), search: None };
    }
    if let Some((kind, path)) = raw.split_once(':') {
        if kind == "file" || kind.strip_prefix("file+").is_some_and(|k| !k.is_empty()) {
            return file(path);
        }
        if kind == "id" {
            return Target::Id(path.to_owned());
        }
        if kind == "coderef" {
            return Target::CodeRef(path.to_owned());
        }
        let word =
            !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.'));
        if word && (known || TYPES.contains(&kind)) {
            return Target::Url(kind.to_owned(), path.to_owned());
        }
    }
    if let Some(name) = raw.strip_prefix('(').and_then(|p| p.strip_suffix(')')) {
        return Target::CodeRef(name.to_owned());
    }
    if let Some(id) = raw.strip_prefix('#') {
        return Target::CustomId(id.to_owned());
    }
    Target::Fuzzy(raw.to_owned())
}

fn file(path: &str) -> Target {
    let (path, search) = match path.find("::") {
        Some(i) => (path.get(..i).unwrap_or(""), path.get(i + 2..).map(str::to_owned)),
        None => (path, None),
    };
    // `file:///a` and `file:/a` are one file.
    let path = match path.starts_with("///") {
        true => format!("/{}", path.trim_start_matches('/')),
        false => path.to_owned(),
    };
    Target::File { path, search }
}

/// A link with its abbreviation written out.
fn expand(raw: &str, abbreviations: &[(String, String)]) -> Option<String> {
    let (name, tag) = match raw.find(':') {
        Some(i) => (raw.get(..i)?, raw.get(i + 1..)?),
        None => (raw, ""),
    };
    let tag = tag.strip_prefix(':').unwrap_or(tag);
    let (_, to) = abbreviations.iter().find(|(n, _)| n == name)?;
    if to.contains("%h") {
        return Some(to.replacen("%h", &hexify(tag), 1));
    }
    Some(if to.contains("%s") { to.replacen("%s", tag, 1) } else { format!("{to}{tag}") })
}

fn hexify(text: &str) -> String {
    let mut out = String::new();
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~') {
            out.push(b as char);
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}

/// A line break and the blanks around it become `by`.
fn join(text: &str, by: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (n, line) in text.split('\n').enumerate() {
        if n > 0 {
            let keep = out.trim_end_matches([' ', '\t']).len();
            out.truncate(keep);
            out.push_str(by);
            out.push_str(line.trim_start_matches([' ', '\t']));
        } else {
            out.push_str(line);
        }
    }
    out
}

/// Backslashes before a bracket or at the end protect it.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = 0;
    for c in text.chars().map(Some).chain([None]) {
        match c {
            Some('\\') => run += 1,
            c => {
                let kept = if matches!(c, Some('[' | ']') | None) { run / 2 } else { run };
                (0..kept).for_each(|_| out.push('\\'));
                run = 0;
                out.extend(c);
            }
        }
    }
    out
}

/// Whether a page may hold this address: relative, or with a scheme that is known to be harmless.
pub(crate) fn is_safe(address: &str, plain: bool) -> bool {
    match links::scheme(address) {
        None => !address.trim_start().starts_with(':'),
        Some(scheme) if scheme == "file" => true,
        Some(scheme) => links::is_safe(&scheme) || (plain && INERT.contains(&scheme.as_str())),
    }
}

/// The URL `kind:path`, with what a URL cannot hold percent-encoded; what is encoded already stays.
pub(crate) fn encode(kind: &str, path: &str) -> String {
    let mut out = String::with_capacity(kind.len() + 1 + path.len());
    out.push_str(kind);
    out.push(':');
    let mut rest = path;
    if let Some(authority) = path.strip_prefix("//") {
        let end = authority.bytes().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(authority.len());
        // Hosts do not mind their case; whoever stands before an `@` may.
        let host = authority.get(..end).unwrap_or("");
        let user = host.bytes().rposition(|b| b == b'@').map_or(0, |i| i + 1);
        out.push_str("//");
        out.push_str(host.get(..user).unwrap_or(""));
        out.extend(host.get(user..).unwrap_or("").chars().flat_map(char::to_lowercase));
        rest = authority.get(end..).unwrap_or("");
    }
    while let Some(stop) = rest.bytes().position(|b| !may_stand(b)) {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        out.push_str(rest.get(..stop).unwrap_or(""));
        let length = rest.get(stop..).and_then(|r| r.chars().next()).map_or(1, char::len_utf8);
        for b in rest.bytes().skip(stop).take(length) {
            out.push('%');
            out.push(HEX[usize::from(b >> 4)] as char);
            out.push(HEX[usize::from(b & 15)] as char);
        }
        rest = rest.get(stop + length..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

/// Whether a URL can hold a byte as it is.
fn may_stand(b: u8) -> bool {
    STANDS[usize::from(b)]
}

const STANDS: [bool; 256] = {
    let mut table = [false; 256];
    let (marks, mut i) = (b"-_.~%!$&'()*+,;=/:@?#", 0);
    while i < marks.len() {
        table[marks[i] as usize] = true;
        i += 1;
    }
    let mut b = 0;
    while b < 128 {
        table[b] = table[b] || (b as u8).is_ascii_alphanumeric();
        b += 1;
    }
    table
};

/// Whether a path is one of an image, by what Org looks for in it.
pub(crate) fn is_image(path: &str) -> bool {
    const ENDINGS: [&str; 7] = [".jpeg", ".jpg", ".png", ".gif", ".svg", ".webp", ".avif"];
    search::every(path, b'.')
        .any(|i| ENDINGS.iter().any(|e| path.get(i..i + e.len()).is_some_and(|end| end.eq_ignore_ascii_case(e))))
}

/// `file.org` leads to `file.html`.
pub(crate) fn as_html(path: &str) -> String {
    let lower = path.to_ascii_lowercase();
    let cut =
        [".org.gpg", ".org"].iter().find(|e| lower.ends_with(*e) && path.len() > e.len()).map(|e| path.len() - e.len());
    match cut.and_then(|n| path.get(..n)) {
        Some(stem) => format!("{stem}.html"),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, expect: Target) {
        assert_eq!(read(raw, LinkForm::Bracket, false, &[]), expect);
    }

    #[test]
    fn targets() {
        let url = |a: &str, b: &str| Target::Url(a.to_owned(), b.to_owned());
        check("https://a.b", url("https", "//a.b"));
        check("Note: this", Target::Fuzzy("Note: this".to_owned()));
        check("file:a.org::*x", Target::File { path: "a.org".to_owned(), search: Some("*x".to_owned()) });
        check("file:///a", Target::File { path: "/a".to_owned(), search: None });
        check("(ref)", Target::CodeRef("ref".to_owned()));
        check("a\n  b", Target::Fuzzy("a b".to_owned()));
        check("a\\]b", Target::Fuzzy("a]b".to_owned()));
    }

    #[test]
    fn safety() {
        assert!(!is_safe("java\nscript:alert(1)", false));
        assert!(!is_safe(" JavaScript:x", true));
        assert!(!is_safe("data:text/html,x", true));
        assert!(is_safe("a/b.html#x", false));
        assert!(!is_safe("elisp:x", false));
    }

    #[test]
    fn urls() {
        assert_eq!(encode("https", "//é.b/ü x?q=a#f[r]"), "https://é.b/%C3%BC%20x?q=a#f%5Br%5D");
        assert_eq!(encode("http", "//Me@A.B/C"), "http://Me@a.b/C");
        assert_eq!(as_html("a.org"), "a.html");
        assert!(is_image("a.PNG") && !is_image("a.pn"));
    }
}
