//! The component: `wasi:http` in, a published snapshot behind it. Bytes of files go from the host to the host: what is told
//! here is which.

use crate::answer::{Answer, Content, answer};
use crate::request::Request;

mod bump;
#[cfg_attr(feature = "alone", path = "component/alone.rs")]
mod here;

#[cfg(not(feature = "alone"))]
wit_bindgen::generate!({ path: "../../wit/plane", world: "public-plane", generate_all });
#[cfg(feature = "alone")]
wit_bindgen::generate!({ path: "../../wit/plane", world: "alone-plane", generate_all });

use exports::wasi::http::incoming_handler::{Guest, IncomingRequest, ResponseOutparam};
use here::{Here, Part};
use wasi::http::types::{Fields, Method, OutgoingBody, OutgoingResponse};

struct Plane;

impl Guest for Plane {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let mut answer = answer(&read(&request), &mut Here);
        let mut part = None;
        if let Content::Part { path, coding, offset, length } = &answer.content {
            // Before the head is sent, so that it can still say that this failed.
            part = Part::open(path, coding, *offset, *length);
            if part.is_none() {
                answer = Answer::unavailable();
            }
        }
        send(answer, part, out);
    }
}

fn read(request: &IncomingRequest) -> Request {
    Request {
        method: method(request.method()),
        target: request.path_with_query().unwrap_or_else(|| "/".to_owned()),
        headers: request.headers().entries(),
    }
}

fn method(method: Method) -> String {
    match method {
        Method::Get => "GET".to_owned(),
        Method::Head => "HEAD".to_owned(),
        // Whatever it is, it is neither of them.
        _ => String::new(),
    }
}

fn send(answer: Answer, part: Option<Part>, out: ResponseOutparam) {
    let headers: Vec<(String, Vec<u8>)> =
        answer.headers.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())).collect();
    // All of them are valid by how they are made, so there is none that the host refuses.
    let headers = Fields::from_list(&headers).unwrap_or_else(|_| Fields::new());
    let response = OutgoingResponse::new(headers);
    if answer.status != 200 {
        let _ = response.set_status_code(answer.status);
    }
    let body = response.body();
    ResponseOutparam::set(out, Ok(response));
    let Ok(body) = body else { return };
    if (part.is_some() || matches!(answer.content, Content::Text(_)))
        && let Ok(stream) = body.write()
    {
        // Who does not read any more is not written to any more; there is nobody to tell.
        if let Content::Text(text) = answer.content {
            let _ = stream.blocking_write_and_flush(text.as_bytes());
        }
        if let Some(part) = part {
            part.send(&stream);
        }
    }
    // Of an answer to `HEAD` nothing is written, whatever its length says; the host knows that.
    let _ = OutgoingBody::finish(body, None);
}

export!(Plane);
