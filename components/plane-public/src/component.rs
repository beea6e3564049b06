//! The component: `wasi:http` in, a published snapshot behind it. Bytes of files go from the host to the host: what is told
//! here is which.

use crate::answer::{Answer, Content, answer};
use crate::request::{File, Form, Published, Request};

wit_bindgen::generate!({ path: "../../wit/plane", world: "public-plane", generate_all });

use exports::wasi::http::incoming_handler::{Guest, IncomingRequest, ResponseOutparam};
use wasi::http::types::{Fields, Method, OutgoingBody, OutgoingResponse};
use wasi::io::streams::InputStream;
use wb::plane::published as host;

struct Plane;

impl Guest for Plane {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let mut answer = answer(&read(&request), &mut Here);
        let mut part = None;
        if let Content::Part { path, coding, offset, length } = &answer.content {
            // Before the head is sent, so that it can still say that this failed.
            part = host::read(path, coding, *offset, *length).map(|stream| (stream, *length));
            if part.is_none() {
                answer = Answer::unavailable();
            }
        }
        send(answer, part, out);
    }
}

/// The host's snapshot.
struct Here;

impl Published for Here {
    fn find(&mut self, paths: &[String]) -> Option<File> {
        let form = |form: host::Form| Form { coding: form.coding, tag: form.tag, size: form.size };
        host::find(paths).map(|file| File {
            which: file.which as usize,
            media: file.media,
            styles: file.styles,
            forms: file.forms.into_iter().map(form).collect(),
        })
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

fn send(answer: Answer, part: Option<(InputStream, u64)>, out: ResponseOutparam) {
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
        if let Some((from, mut left)) = part {
            while left > 0 {
                match stream.blocking_splice(&from, left) {
                    Ok(count) => left = left.saturating_sub(count),
                    Err(_) => break,
                }
            }
        }
    }
    // Of an answer to `HEAD` nothing is written, whatever its length says; the host knows that.
    let _ = OutgoingBody::finish(body, None);
}

export!(Plane);
