//! Answers that are remembered, in front of the component: a shared cache (RFC 9111) whose every entry belongs to one
//! snapshot.
//!
//! An answer says itself whether it may be kept and what it varies by. Entries are under the snapshot that the host shows
//! at that moment, which is as good as asking the component anew: what is published shows at once. Requests with conditions
//! other than one tag, with ranges or with wishes about caches go to the component.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method, Response, StatusCode, header};

use super::super::gate::Recall;
use super::recent::{Recent, lock};

/// Bytes of all entries.
const ROOM: usize = 64 << 20;

/// The largest entry: larger ones cost more to send than to make.
const LARGEST: u64 = 1 << 20;

/// What an entry costs besides its bytes: its headers and its name.
const OVERHEAD: usize = 2 << 10;

/// Longest headers that are part of a name. Browsers' are shorter.
const LONGEST: usize = 128;

/// What makes a request one for the component.
const OTHERS: [HeaderName; 7] = [
    header::RANGE,
    header::IF_RANGE,
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
    header::CACHE_CONTROL,
    header::PRAGMA,
];

pub(super) struct Memory {
    answers: Mutex<Recent<Vec<u8>, Response<Bytes>>>,
    clock: AtomicU64,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self { answers: Mutex::new(Recent::new(ROOM)), clock: AtomicU64::new(0) }
    }

    /// What is known of a request for a snapshot.
    pub(super) fn recall(&self, snapshot: u64, request: &Parts) -> Recall {
        let Some(name) = name(snapshot, request) else { return Recall::Never };
        match lock(&self.answers).get(&name, self.clock.fetch_add(1, Ordering::Relaxed)) {
            Some(answer) => Recall::Known(answer.clone()),
            None => Recall::New(name),
        }
    }

    pub(super) fn remember(&self, name: Vec<u8>, answer: &Response<Bytes>) {
        if may_be_kept(answer.status(), answer.headers()) {
            let size = answer.body().len() + name.len() + OVERHEAD;
            lock(&self.answers).put(name, answer.clone(), size, self.clock.fetch_add(1, Ordering::Relaxed));
        }
    }
}

/// The name of a request: everything that its answer may depend on. `None`: its answer is not kept.
fn name(snapshot: u64, request: &Parts) -> Option<Vec<u8>> {
    let headers = &request.headers;
    if request.method != Method::GET || OTHERS.iter().any(|name| headers.contains_key(name)) {
        return None;
    }
    let target = request.uri.path_and_query()?.as_str();
    let mut name = Vec::with_capacity(64 + target.len());
    name.extend(snapshot.to_be_bytes());
    for field in [header::ACCEPT_ENCODING, header::IF_NONE_MATCH] {
        let mut lines = headers.get_all(&field).iter();
        let line = lines.next().map_or(&b""[..], |line| line.as_bytes());
        if line.len() > LONGEST || lines.next().is_some() {
            return None;
        }
        // None and an empty one are not the same.
        name.push(u8::from(headers.contains_key(&field)));
        name.push(u8::try_from(line.len()).ok()?);
        name.extend(line);
    }
    name.extend(target.as_bytes());
    Some(name)
}

/// Whether an answer's head says that it may be kept, and that nothing but what is in a name changes it. What is not there is
/// not kept: there is too much of it.
pub(super) fn may_be_kept(status: StatusCode, headers: &HeaderMap) -> bool {
    let kept = [StatusCode::OK, StatusCode::NOT_MODIFIED, StatusCode::PERMANENT_REDIRECT].contains(&status);
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let is_public =
        text(header::CACHE_CONTROL).is_some_and(|control| control.split(',').any(|part| part.trim() == "public"));
    let varies = headers.get_all(header::VARY).iter().all(|vary| vary == "accept-encoding");
    let length = text(header::CONTENT_LENGTH).map_or(Some(0), |length| length.parse::<u64>().ok());
    let is_small = length.is_some_and(|length| length <= LARGEST);
    kept && is_public && varies && is_small && !headers.contains_key(header::SET_COOKIE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str, headers: &[(&str, &str)]) -> Parts {
        let mut builder = http::Request::get(target);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(()).unwrap().into_parts().0
    }

    fn answer(headers: &[(&str, &str)]) -> Response<Bytes> {
        let mut builder = Response::builder();
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(Bytes::from_static(b"a")).unwrap()
    }

    #[test]
    fn an_answer_is_that_of_the_same_request_to_the_same_snapshot() {
        let memory = Memory::new();
        let plain = request("/a?b", &[]);
        let Recall::New(name) = memory.recall(1, &plain) else { panic!("known") };
        memory.remember(name, &answer(&[("cache-control", "public, max-age=0"), ("vary", "accept-encoding")]));
        assert!(matches!(memory.recall(1, &plain), Recall::Known(_)));
        assert!(matches!(memory.recall(2, &plain), Recall::New(_)));
        for (target, headers) in [
            ("/a", vec![]),
            ("/a?b", vec![("accept-encoding", "")]),
            ("/a?b", vec![("accept-encoding", "br")]),
            ("/a?b", vec![("if-none-match", "br")]),
        ] {
            assert!(matches!(memory.recall(1, &request(target, &headers)), Recall::New(_)), "{target} {headers:?}");
        }
        let long = "x".repeat(LONGEST + 1);
        for headers in [
            vec![("range", "bytes=0-1")],
            vec![("if-match", "\"a\"")],
            vec![("cache-control", "no-cache")],
            vec![("accept-encoding", "br"), ("accept-encoding", "gzip")],
            vec![("if-none-match", long.as_str())],
        ] {
            assert!(matches!(memory.recall(1, &request("/a?b", &headers)), Recall::Never), "{headers:?}");
        }
    }

    #[test]
    fn what_does_not_say_that_it_may_be_kept_is_not() {
        for headers in [
            vec![],
            vec![("cache-control", "no-store")],
            vec![("cache-control", "private, publicity")],
            vec![("cache-control", "public"), ("vary", "cookie")],
            vec![("cache-control", "public"), ("vary", "accept-encoding"), ("vary", "*")],
            vec![("cache-control", "public"), ("set-cookie", "a=b")],
            vec![("cache-control", "public"), ("content-length", "99999999")],
        ] {
            assert!(!may_be_kept(StatusCode::OK, answer(&headers).headers()), "{headers:?}");
        }
        let public = answer(&[("cache-control", "public")]);
        assert!(may_be_kept(StatusCode::OK, public.headers()) && !may_be_kept(StatusCode::NOT_FOUND, public.headers()));
    }
}
