//! Text as HTML and as JSON.

use serde_json::{Value, json};

/// Text for content and for attributes in double quotes.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // Not allowed in HTML, not even as references.
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}' => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// What every error looks like: `{"error": {"code", "message", "retryable", "details"?}}`.
#[must_use]
pub fn error(code: &str, message: &str, retryable: bool, details: Option<Value>) -> Value {
    let mut error = json!({ "code": code, "message": message, "retryable": retryable });
    if let (Some(details), Some(error)) = (details, error.as_object_mut()) {
        error.insert("details".to_owned(), details);
    }
    json!({ "error": error })
}

/// JSON text as a value. What does not parse, which should not happen, is its text.
#[must_use]
pub fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.to_owned()))
}
