//! A request as far as it matters here, and what a site can be asked.

/// A request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// In capitals.
    pub method: String,
    /// Path and query as they were sent.
    pub target: String,
    /// Names in small letters, and values.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Request {
    /// A header as a list: the values of all its lines (RFC 9110, section 5.3). `None` when there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let mut list: Option<String> = None;
        for (_, value) in self.headers.iter().filter(|(known, _)| known == name) {
            let value = String::from_utf8_lossy(value);
            match &mut list {
                Some(list) => {
                    list.push_str(", ");
                    list.push_str(&value);
                }
                None => list = Some(value.into_owned()),
            }
        }
        list
    }
}

/// The bytes of a file in one coding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// Empty for the bytes as they are.
    pub coding: String,
    /// A strong entity tag without its quotes.
    pub tag: String,
    /// How many bytes.
    pub size: u64,
}

/// A file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// Which of the paths it is.
    pub which: usize,
    /// Its media type.
    pub media: String,
    /// Digests of its styles.
    pub styles: String,
    /// The bytes as they are come first.
    pub forms: Vec<Form>,
}

/// The snapshot. A trait, so that answers are tested without a host.
pub trait Published {
    /// The first of these paths at which there is a file.
    fn find(&mut self, paths: &[String]) -> Option<File>;
}
