//! The component: `wasi:http` in, `wasi:http` out.

use std::cell::OnceCell;

use crate::answer::{Answer, Failure, MAX_BODY, Workbook, answer};
use crate::request::Request;
use crate::settings::Settings;

wit_bindgen::generate!({ path: "../../wit/artifact", world: "front", generate_all });

use exports::wasi::http::incoming_handler::{Guest, IncomingRequest, ResponseOutparam};
use wasi::http::types::{Fields, Method, OutgoingBody, OutgoingResponse};

struct Front;

thread_local! {
    static SETTINGS: OnceCell<Settings> = const { OnceCell::new() };
}

impl Guest for Front {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let request = read(&request);
        SETTINGS.with(|cell| {
            let text = || settings().map_err(|error| error.message).unwrap_or_default();
            let settings = cell.get_or_init(|| Settings::read(&text()).unwrap_or_default());
            send(answer(&request, settings, &mut Composed), request.method == "HEAD", out);
        });
    }
}

/// The rest of the composition.
struct Composed;

impl Workbook for Composed {
    fn begin(&mut self, texts: &[String], json: &str) -> Result<(), String> {
        reset();
        set(texts, json)
    }

    fn output(&mut self, index: u32) -> Result<String, Failure> {
        output(index).map_err(|error| Failure { component: error.component, message: error.message })
    }
}

fn read(request: &IncomingRequest) -> Request {
    let headers = request.headers();
    let header = |name: &str| {
        let first = headers.get(name).into_iter().next().unwrap_or_default();
        String::from_utf8_lossy(&first).into_owned()
    };
    let content_type = header("content-type");
    Request {
        method: method(&request.method()).to_owned(),
        target: request.path_with_query().unwrap_or_else(|| "/".to_owned()),
        content_type: content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase(),
        accept: header("accept"),
        body: body(request),
    }
}

/// The body, unless it is too large. One that breaks off is what came of it: it will not be an object.
fn body(request: &IncomingRequest) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let Ok(body) = request.consume() else { return Some(bytes) };
    let Ok(stream) = body.stream() else { return Some(bytes) };
    while let Ok(chunk) = stream.blocking_read(1 << 16) {
        bytes.extend(chunk);
        if bytes.len() > MAX_BODY {
            return None;
        }
    }
    Some(bytes)
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

fn send(answer: Answer, head: bool, out: ResponseOutparam) {
    let headers = Fields::new();
    // Hosts compare the length with what is written, and of an answer to `HEAD` nothing is.
    let length = (!head).then(|| ("content-length", answer.body.len().to_string()));
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
        for chunk in answer.body.chunks(4096) {
            if stream.blocking_write_and_flush(chunk).is_err() {
                // Nobody is there to read the rest.
                return;
            }
        }
    }
    let _ = OutgoingBody::finish(body, None);
}

export!(Front);
