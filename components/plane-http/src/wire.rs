//! Requests and answers as `wasi:http` has them.

use crate::answer::{Answer, Content};
use crate::bindings::wasi::http::types::{
    Fields, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use crate::bindings::wasi::io::streams::StreamError;
use crate::request::{Body, HEADERS, MAX_BODY, Request};

/// Bytes that are written at a time: what hosts grant at least.
const CHUNK: usize = 4096;

/// A request, with its body.
#[must_use]
pub fn read(request: &IncomingRequest) -> Request {
    let fields = request.headers();
    let header = |name: &'static str| {
        let first = fields.get(name).into_iter().next()?;
        Some((name, String::from_utf8_lossy(&first).into_owned()))
    };
    Request {
        method: method(&request.method()).to_owned(),
        target: request.path_with_query().unwrap_or_else(|| "/".to_owned()),
        host: request.authority().unwrap_or_default(),
        headers: HEADERS.into_iter().filter_map(header).collect(),
        body: body(request),
    }
}

fn body(request: &IncomingRequest) -> Body {
    let mut bytes = Vec::new();
    let Ok(body) = request.consume() else { return Body::Empty };
    let Ok(stream) = body.stream() else { return Body::Empty };
    loop {
        match stream.blocking_read(1 << 16) {
            Ok(chunk) => bytes.extend(chunk),
            Err(StreamError::Closed) if bytes.is_empty() => return Body::Empty,
            Err(StreamError::Closed) => return Body::Whole(bytes),
            Err(StreamError::LastOperationFailed(_)) => return Body::Broken,
        }
        if bytes.len() > MAX_BODY {
            return Body::TooLarge;
        }
    }
}

fn method(method: &Method) -> &str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        Method::Connect => "CONNECT",
        Method::Options => "OPTIONS",
        Method::Trace => "TRACE",
        Method::Patch => "PATCH",
        Method::Other(name) => name,
    }
}

/// Sends an answer, without its content where `head` says so.
pub fn send(answer: Answer, head: bool, out: ResponseOutparam) {
    let headers = Fields::new();
    // Hosts compare the length with what is written, and of an answer to `HEAD` nothing is.
    let length = match &answer.content {
        Content::Whole(body) if !head && answer.status != 204 => Some(("content-length", body.len().to_string())),
        _ => None,
    };
    for (name, value) in answer.headers.iter().chain(&length) {
        // A header that the host refuses is missing; the answer stands.
        let _ = headers.append(name, value.as_bytes());
    }
    let response = OutgoingResponse::new(headers);
    let _ = response.set_status_code(answer.status);
    let body = response.body();
    ResponseOutparam::set(out, Ok(response));
    let Ok(body) = body else { return };
    if !head && let Ok(stream) = body.write() {
        // Who does not read any more is not written to any more; there is nobody to tell.
        let write = |bytes: &[u8]| bytes.chunks(CHUNK).try_for_each(|chunk| stream.blocking_write_and_flush(chunk));
        match answer.content {
            Content::Whole(bytes) => drop(write(&bytes)),
            Content::Stream(mut next) => {
                while let Some(bytes) = next() {
                    if write(&bytes).is_err() {
                        break;
                    }
                }
            }
        }
    }
    let _ = OutgoingBody::finish(body, None);
}
