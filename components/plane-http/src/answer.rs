//! An answer: status, headers, and content that is there or comes bit by bit.

use std::fmt;

use serde_json::Value;

use crate::text::error;

/// Content as it comes: the next bytes, or none at the end. It may wait.
pub type Source = Box<dyn FnMut() -> Option<Vec<u8>>>;

/// What an answer says.
pub enum Content {
    /// These bytes.
    Whole(Vec<u8>),
    /// Bit by bit, as long as somebody reads.
    Stream(Source),
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "Whole({:?})", String::from_utf8_lossy(bytes)),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status (RFC 9110, section 15).
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The content; not sent for `HEAD`.
    pub content: Content,
}

impl Answer {
    /// Bytes of a media type, which nobody keeps.
    #[must_use]
    pub fn new(status: u16, media: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![
            ("content-type", media.to_owned()),
            ("cache-control", "no-store".to_owned()),
            ("x-content-type-options", "nosniff".to_owned()),
            ("referrer-policy", "same-origin".to_owned()),
            ("cross-origin-resource-policy", "same-origin".to_owned()),
        ];
        Self { status, headers, content: Content::Whole(body.into()) }
    }

    /// Nothing, and nothing of a type: status 204.
    #[must_use]
    pub fn empty() -> Self {
        let mut answer = Self::new(204, "", "");
        answer.headers.remove(0);
        answer
    }

    /// One more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// JSON, as a line.
    #[must_use]
    pub fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json", format!("{value}\n"))
    }

    /// An error.
    #[must_use]
    pub fn problem(status: u16, code: &str, message: &str) -> Self {
        Self::explained(status, code, message, None)
    }

    /// An error with more than words.
    #[must_use]
    pub fn explained(status: u16, code: &str, message: &str, details: Option<Value>) -> Self {
        let retryable = matches!(status, 429 | 503);
        let answer = Self::json(status, &error(code, message, retryable, details));
        if status == 503 { answer.with("retry-after", "1") } else { answer }
    }

    /// Another method is for this.
    #[must_use]
    pub fn allow(methods: &str) -> Self {
        Self::problem(405, "method_not_allowed", &format!("this is for {methods}")).with("allow", methods)
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}
