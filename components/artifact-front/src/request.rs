//! What a request says: its path taken apart (RFC 3986, section 3.3; the query as forms write it, WHATWG URL, section 5).

/// A request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// In capitals.
    pub method: String,
    /// Path and query as they were sent.
    pub target: String,
    /// The type of the body, without parameters, in small letters; empty without one.
    pub content_type: String,
    /// The header `accept`; empty without one.
    pub accept: String,
    /// The body. `None`: larger than a handler reads.
    pub body: Option<Vec<u8>>,
}

/// Path segments and the query's pairs, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The segments that are not empty.
    pub segments: Vec<String>,
    /// Names and values.
    pub pairs: Vec<(String, String)>,
}

impl Target {
    /// Reads a path with a query. `None` when it is not UTF-8 after decoding.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let segments = path.split('/').filter(|part| !part.is_empty()).map(|part| decoded(part, false));
        Some(Self { segments: segments.collect::<Option<_>>()?, pairs: pairs(query)? })
    }
}

/// The pairs of a query or of a form. `None` when they are not UTF-8 after decoding.
#[must_use]
pub fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decoded(name, true)?, decoded(value, true)?))
    };
    text.split('&').filter(|pair| !pair.is_empty()).map(pair).collect()
}

fn decoded(text: &str, form: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (*first, tail) {
            (b'+', _) if form => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push((hex(*high) << 4) | hex(*low));
                rest = after;
            }
            (other, _) => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

/// The value of a hexadecimal digit.
fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn what_is_encoded_is_decoded_once() {
        let target = Target::read("/a%20b//c+d?x=1+2&y=%C3%A4%2526&z&=5").unwrap();
        assert_eq!(target.segments, ["a b", "c+d"]);
        let pairs: Vec<(&str, &str)> = target.pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(pairs, [("x", "1 2"), ("y", "ä%26"), ("z", ""), ("", "5")]);
        assert_eq!(Target::read("/%"), Target::read("/%25"));
        assert_eq!(Target::read("/%ff"), None);
    }
}
