//! What a request says: its path taken apart (RFC 3986, section 3.3; queries and forms as WHATWG URL, section 5), and the headers that matter here.

use percent_encoding::percent_decode_str;

/// The most bytes of a body that are read.
pub const MAX_BODY: usize = 10 << 20;

/// A body as far as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Body {
    /// All of it.
    #[default]
    Empty,
    /// All of it.
    Whole(Vec<u8>),
    /// More than [`MAX_BODY`], or than the host lets through.
    TooLarge,
    /// It broke off.
    Broken,
}

/// A request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// In capitals.
    pub method: String,
    /// Path and query as they were sent.
    pub target: String,
    /// Whom it is for, with the port.
    pub host: String,
    /// Headers by their names in small letters.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Body,
}

/// The headers that are looked at.
pub const HEADERS: [&str; 10] = [
    "accept",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "last-event-id",
    "origin",
    "prefer",
    "sec-fetch-mode",
    "sec-fetch-site",
];

/// Path segments and the query's pairs, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The segments that are not empty.
    pub segments: Vec<String>,
    /// Names and values.
    pub pairs: Vec<(String, String)>,
}

impl Request {
    /// Whether a header was sent, if only as an empty one.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| *known == name)
    }

    /// A header, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// The type of the body without parameters, in small letters.
    #[must_use]
    pub fn content_type(&self) -> String {
        self.header("content-type").split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Whether whoever asks would rather have a page than data: a browser says `text/html` first.
    #[must_use]
    pub fn wants_page(&self) -> bool {
        let accept = self.header("accept");
        accept.split(',').map(|part| part.split(';').next().unwrap_or_default().trim()).next() == Some("text/html")
    }

    /// Whether it only reads.
    #[must_use]
    pub fn reads(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD")
    }
}

impl Target {
    /// Reads a path with a query. `None` when the path is not UTF-8 after decoding.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let decoded = |part: &str| percent_decode_str(part).decode_utf8().ok().map(String::from);
        let segments = path.split('/').filter(|part| !part.is_empty()).map(decoded);
        Some(Self { segments: segments.collect::<Option<_>>()?, pairs: pairs(query.as_bytes()) })
    }
}

/// The pairs of a query or of a form.
#[must_use]
pub fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_once() {
        let target = Target::read("/a%20b//c+d?x=1+2&y=%C3%A4%2526&z&=5").unwrap();
        assert_eq!(target.segments, ["a b", "c+d"]);
        let pairs: Vec<(&str, &str)> = target.pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(pairs, [("x", "1 2"), ("y", "ä%26"), ("z", ""), ("", "5")]);
        assert_eq!(Target::read("/%ff"), None);
    }

    #[test]
    fn a_browser_wants_a_page() {
        let wants =
            |accept: &str| Request { headers: vec![("accept", accept.to_owned())], ..Request::default() }.wants_page();
        assert!(wants("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"));
        assert!(!wants("*/*") && !wants("application/json, text/html") && !wants(""));
    }
}
