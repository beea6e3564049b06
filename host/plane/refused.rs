//! What the host itself answers: requests that no component gets to see, and those that broke one.

use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

use super::gate::Turned;
use super::guided::Guided;

/// Why there is no answer of a component.
#[derive(Debug)]
pub(super) enum Refused {
    /// No `Host`, or several (RFC 9112, section 3.2).
    Host,
    /// A length and chunks as well, from which two readers may make two requests (RFC 9112, section 6.1).
    Length,
    /// The body is said to be larger than bodies may be.
    Body(u64),
    /// The gate did not let it in.
    Turned(Turned),
    /// All instances are taken.
    Full,
    /// The component did not answer in time.
    Slow,
    /// The component broke.
    Broke,
}

impl Refused {
    /// The answer.
    pub(super) fn answer(self, id: &str) -> Response<Guided> {
        let close = matches!(self, Self::Host | Self::Length | Self::Body(_));
        let mut more = Vec::new();
        let (status, code, message) = match self {
            Self::Turned(turned) => {
                more = turned.headers;
                (turned.status, turned.code, turned.message)
            }
            Self::Host => (400, "bad_request", "a request names one host".to_owned()),
            Self::Length => (400, "bad_request", "a body has a length or comes in chunks, not both".to_owned()),
            Self::Body(most) => (413, "payload_too_large", format!("the body is larger than {} MiB", most >> 20)),
            Self::Full => (503, "busy", "as many requests as there may be are under way; try again".to_owned()),
            Self::Slow => (503, "timeout", "there was no answer in time; try again".to_owned()),
            Self::Broke => (500, "internal", format!("a bug in wb; its log has more under `{id}`")),
        };
        let retryable = matches!(status, 429 | 503);
        let body = json!({ "error": { "code": code, "message": message, "retryable": retryable } });
        let mut response = Response::new(Guided::whole(format!("{body}\n")));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if status == 503 {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        for (name, value) in more {
            headers.insert(name, value);
        }
        if close {
            // What follows on this connection may be anything.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
