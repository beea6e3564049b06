//! The component: `wasi:http` in, the host's workbook behind it.

use plane_http::answer::Source;
use plane_http::wire::{read, send};

use crate::answer::answer;
use crate::workbook::{self, About, Given, Input, Outcome, Output, Page, Problem, Refusal, Workbook};

wit_bindgen::generate!({
    path: "../../wit/plane",
    world: "workbook-plane",
    generate_all,
    with: {
        "wasi:http/types@0.2.0": plane_http::bindings::wasi::http::types,
        "wasi:io/streams@0.2.0": plane_http::bindings::wasi::io::streams,
        "wasi:io/error@0.2.0": plane_http::bindings::wasi::io::error,
    },
});

use exports::wasi::http::incoming_handler::{Guest, IncomingRequest, ResponseOutparam};
use wb::plane::workbook as host;

/// What is said when nothing happens, so that connections through others stay open (WHATWG HTML, server-sent events).
const STILL_HERE: &str = ": still here\n\n";

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

    fn changes(&mut self, mut edition: String) -> Source {
        let mut begun = false;
        Box::new(move || {
            if !std::mem::replace(&mut begun, true) {
                return Some(STILL_HERE.into());
            }
            match host::changed(&edition) {
                Ok(Some(now)) => {
                    let event = format!("event: changed\nid: {now}\ndata: {now}\n\n");
                    edition = now;
                    Some(event.into_bytes())
                }
                Ok(None) => Some(STILL_HERE.into()),
                // The server ends.
                Err(()) => None,
            }
        })
    }
}

fn cut(page: host::Page) -> Page {
    Page { before: page.before, after: page.after, styles: page.styles }
}

export!(Plane);
