//! The component: `wasi:http` in, the host's workbook behind it.

use crate::answer::{Answer, Content, answer};
use crate::request::{Body, HEADERS, MAX_BODY, Request};
use crate::workbook::{self, About, Given, Input, Outcome, Output, Page, Problem, Refusal, Workbook};

wit_bindgen::generate!({ path: "../../wit/plane", world: "workbook-plane", generate_all });

use exports::wasi::http::incoming_handler::{Guest, IncomingRequest, ResponseOutparam};
use wasi::http::types::{Fields, Method, OutgoingBody, OutgoingResponse};
use wasi::io::streams::{OutputStream, StreamError};
use wb::plane::workbook as host;

/// What is said when nothing happens, so that connections through others stay open (WHATWG HTML, server-sent events).
const STILL_HERE: &[u8] = b": still here\n\n";

struct Plane;

impl Guest for Plane {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let request = read(&request);
        send(answer(&request, &mut Here, host::is_local()), request.method == "HEAD", out);
    }
}

/// The workbook of the host.
struct Here;

impl Workbook for Here {
    fn about(&mut self) -> About {
        let about = host::describe();
        let input = |i: host::Input| Input { name: i.name, ty: i.ty, value: i.value, fixed: i.fixed };
        let output = |o: host::Output| Output { name: o.name, ty: o.ty, component: o.component };
        let problem = |p: host::Problem| Problem {
            code: p.code,
            message: p.message,
            line: p.line,
            column: p.column,
            help: p.help,
        };
        About {
            edition: about.edition,
            inputs: about.inputs.into_iter().map(input).collect(),
            outputs: about.outputs.into_iter().map(output).collect(),
            problems: about.problems.into_iter().map(problem).collect(),
            watched: about.watched,
        }
    }

    fn run(&mut self, inputs: Vec<(String, Given)>, only: Option<&str>, page: bool) -> Result<Outcome, Refusal> {
        let given = |given| match given {
            Given::Text(text) => host::Given::Text(text),
            Given::Json(json) => host::Given::Json(json),
        };
        let inputs: Vec<_> = inputs.into_iter().map(|(name, value)| (name, given(value))).collect();
        let export = |export: host::Made| -> workbook::Export {
            (export.name, export.value.map_err(|failure| (failure.component, failure.message)))
        };
        match host::run(&inputs, only, page) {
            Ok(outcome) => Ok(Outcome {
                run: outcome.run,
                exports: outcome.exports.into_iter().map(export).collect(),
                page: outcome.page.map(cut),
            }),
            Err(host::Refusal::Unknown(what)) => Err(Refusal::Unknown(what)),
            Err(host::Refusal::Missing(names)) => Err(Refusal::Missing(names)),
            Err(host::Refusal::Invalid) => Err(Refusal::Invalid),
            Err(host::Refusal::Busy) => Err(Refusal::Busy),
            Err(host::Refusal::Ending) => Err(Refusal::Ending),
            Err(host::Refusal::Failed(message)) => Err(Refusal::Failed(message)),
        }
    }

    fn page(&mut self) -> Result<Page, String> {
        host::bare_page().map(cut)
    }

    fn source(&mut self) -> String {
        host::source()
    }

    fn file(&mut self, path: &str) -> Option<Vec<u8>> {
        host::file(path)
    }
}

fn cut(page: host::Page) -> Page {
    Page { before: page.before, after: page.after, styles: page.styles }
}

fn read(request: &IncomingRequest) -> Request {
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

fn send(answer: Answer, head: bool, out: ResponseOutparam) {
    let headers = Fields::new();
    // Hosts compare the length with what is written, and of an answer to `HEAD` nothing is.
    let length = match &answer.content {
        Content::Whole(body) if !head => Some(("content-length", body.len().to_string())),
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
        let _ = match answer.content {
            Content::Whole(body) => body.chunks(4096).try_for_each(|chunk| stream.blocking_write_and_flush(chunk)),
            Content::Changes(edition) => changes(&stream, edition),
        };
    }
    let _ = OutgoingBody::finish(body, None);
}

/// Tells of changes as long as somebody listens and the host answers.
fn changes(stream: &OutputStream, mut edition: String) -> Result<(), StreamError> {
    stream.blocking_write_and_flush(STILL_HERE)?;
    loop {
        match host::changed(&edition) {
            Ok(Some(now)) => {
                stream.blocking_write_and_flush(format!("event: changed\nid: {now}\ndata: {now}\n\n").as_bytes())?;
                edition = now;
            }
            Ok(None) => stream.blocking_write_and_flush(STILL_HERE)?,
            Err(()) => return Ok(()),
        }
    }
}

export!(Plane);
