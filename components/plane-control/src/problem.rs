//! Failures of the host as answers.

use plane_http::answer::Answer;

use crate::host::wb::plane::failures::{Failure, Kind};

/// An answer, or the answer instead.
pub type Done = Result<Answer, Answer>;

/// The answer for a failure.
pub fn failed(failure: Failure) -> Answer {
    let (status, code) = match failure.kind {
        Kind::NotFound => (404, "not_found"),
        Kind::Conflict => (409, "conflict"),
        Kind::Invalid => (400, "bad_request"),
        Kind::Denied => (403, "forbidden"),
        Kind::Busy => (503, "busy"),
        Kind::Unavailable => (503, "unavailable"),
        Kind::Ending => (503, "ending"),
        Kind::Damaged => (500, "internal"),
    };
    Answer::problem(status, code, &failure.message)
}

/// The answer for a failure of a conditional write: what came first is told by its own status.
pub fn unless(conditional: bool) -> impl FnOnce(Failure) -> Answer {
    move |failure| match failure.kind {
        Kind::Conflict if conditional => Answer::problem(412, "precondition_failed", &failure.message),
        _ => failed(failure),
    }
}
