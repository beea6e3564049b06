//! Where a link leads, and whether a reader may be sent there.

/// What the path of a link means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// `#custom-id`.
    CustomId(&'a str),
    /// `*Heading`.
    Heading(&'a str),
    /// `id:…`.
    Id(&'a str),
    /// `(coderef)`.
    CodeRef(&'a str),
    /// A file, without `file:`.
    File(&'a str),
    /// A URL whose scheme is safe to follow.
    Url(&'a str),
    /// A URL that could run code, or a scheme only Emacs knows.
    Refused(&'a str),
    /// A name, a `<<target>>`, or a heading.
    Fuzzy(&'a str),
}

/// Schemes a page may link to.
const SAFE: &[&str] = &[
    "http", "https", "mailto", "ftp", "ftps", "sftp", "tel", "sms", "irc", "ircs", "news", "nntp", "geo", "xmpp",
    "matrix", "git", "ssh", "gopher", "gemini", "doi",
];

/// Whether a page may link to a URL of this scheme, given in lower case.
pub(crate) fn is_safe(scheme: &str) -> bool {
    SAFE.contains(&scheme)
}

/// Schemes that run what follows them.
pub(crate) fn is_dangerous(scheme: &str) -> bool {
    matches!(scheme, "javascript" | "vbscript" | "data" | "livescript" | "mocha" | "jscript" | "blob" | "filesystem")
}

/// The scheme of a URL, lower case. Browsers skip control characters and blanks in front and inside, so does this.
pub(crate) fn scheme(path: &str) -> Option<String> {
    let mut out = String::with_capacity(16);
    for c in path.chars().filter(|c| !c.is_control() && !c.is_whitespace()).take(64) {
        match c {
            ':' => return (!out.is_empty()).then_some(out),
            c if c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-') => out.push(c.to_ascii_lowercase()),
            _ => return None,
        }
    }
    None
}

/// Reads a link's path.
pub(crate) fn target(path: &str) -> Target<'_> {
    let path = path.trim();
    if let Some(id) = path.strip_prefix('#') {
        return Target::CustomId(id);
    }
    if let Some(title) = path.strip_prefix('*') {
        return Target::Heading(title);
    }
    if let Some(name) = path.strip_prefix('(').and_then(|p| p.strip_suffix(')')) {
        return Target::CodeRef(name);
    }
    if let Some(file) = path.strip_prefix("file:") {
        return Target::File(file);
    }
    if let Some(id) = path.strip_prefix("id:") {
        return Target::Id(id);
    }
    if path.starts_with(['/', '~']) || path.starts_with("./") || path.starts_with("../") {
        return Target::File(path);
    }
    match scheme(path) {
        Some(s) if is_safe(&s) => Target::Url(path),
        Some(s) if is_dangerous(&s) => Target::Refused(path),
        // `Note: x` is a heading, `elisp:x` is a scheme only Emacs has.
        Some(_) if !path.contains([' ', '\t']) && !path.ends_with(':') => Target::Refused(path),
        _ => Target::Fuzzy(path),
    }
}

/// Titles and names compare without case and with single blanks; statistics cookies do not count.
pub(crate) fn fold(text: &str) -> String {
    let words = text.split_whitespace().filter(|w| {
        let inner = w.strip_prefix('[').and_then(|w| w.strip_suffix(']'));
        !inner
            .is_some_and(|i| i.contains(['/', '%']) && i.chars().all(|c| c.is_ascii_digit() || matches!(c, '/' | '%')))
    });
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        assert_eq!(target("java\nscript:alert(1)"), Target::Refused("java\nscript:alert(1)"));
        assert_eq!(target(" JavaScript:x"), Target::Refused("JavaScript:x"));
        assert_eq!(target("https://a.b"), Target::Url("https://a.b"));
        assert_eq!(target("Note: this"), Target::Fuzzy("Note: this"));
        assert_eq!(target("./a.org"), Target::File("./a.org"));
        assert_eq!(fold("Two  Words [1/2]"), "two words");
    }
}
