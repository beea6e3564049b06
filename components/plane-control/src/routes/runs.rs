//! Runs: begun, looked at, listened to.

use plane_http::answer::{Answer, Content, Source};
use plane_http::request::Request;
use plane_http::text::parsed;
use serde_json::{Value, json};

use super::page;
use crate::host::wb::plane::runs::{self, Event, Refusal, Run};
use crate::host::wb::plane::workbooks;
use crate::problem::{Done, failed};
use crate::table::Call;

/// Events that are read at a time.
const BATCH: u32 = 100;

/// What is said when nothing happens, so that connections through others stay open (WHATWG HTML, server-sent events).
const STILL_HERE: &str = ": still here\n\n";

fn shown(run: &Run) -> Value {
    json!({
        "id": run.id,
        "workbook": run.workbook,
        "source": run.source,
        "state": run.state,
        "problem": run.problem,
        "attempt": run.attempt,
        "events": run.events,
        "queued": run.queued,
        "started": run.started,
        "ended": run.ended,
    })
}

/// With outputs and failures, which come as one object.
fn whole(run: &Run, outputs: &str) -> Value {
    let mut whole = shown(run);
    if let (Some(whole), Value::Object(more)) = (whole.as_object_mut(), parsed(outputs)) {
        whole.extend(more);
    }
    whole
}

fn is_over(run: &Run) -> bool {
    !matches!(run.state.as_str(), "queued" | "running")
}

fn refused(refusal: Refusal) -> Answer {
    match refusal {
        Refusal::Unknown(what) => Answer::problem(400, "bad_request", &what),
        Refusal::Missing(names) => {
            let noun = if names.len() == 1 { "this input has" } else { "these inputs have" };
            let message = format!("{noun} no value: `{}`", names.join("`, `"));
            Answer::explained(400, "missing_input", &message, Some(json!({ "inputs": names })))
        }
        Refusal::Invalid(diagnostics) => {
            let message = "the workbook has errors, so nothing was run";
            Answer::explained(422, "invalid_workbook", message, Some(parsed(&diagnostics)))
        }
        Refusal::Failed(failure) => failed(failure),
    }
}

/// Whether the caller would rather not wait (RFC 7240, section 4.1).
fn later(request: &Request) -> bool {
    let prefer = request.header("prefer");
    prefer
        .split(',')
        .any(|part| part.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("respond-async"))
}

/// Runs a workbook.
pub fn run(call: &Call) -> Done {
    let workbook = workbooks::head(call.part(0)).map_err(failed)?;
    let inputs = call.body.get("inputs").and_then(Value::as_object).into_iter().flatten();
    let inputs: Vec<(String, String)> = inputs.map(|(name, value)| (name.clone(), value.to_string())).collect();
    if later(call.request) {
        let run = runs::start(&workbook.id, &workbook.digest, &inputs).map_err(refused)?;
        let answer = Answer::json(202, &shown(&run)).with("location", format!("/api/runs/{}", run.id));
        return Ok(answer.with("preference-applied", "respond-async"));
    }
    let outcome = runs::execute(&workbook.id, &workbook.digest, &inputs).map_err(refused)?;
    Ok(Answer::json(200, &whole(&outcome.run, &outcome.outputs)))
}

/// A page of runs.
pub fn list(call: &Call) -> Done {
    let items = runs::list(call.param("workbook"), call.param("before"), call.limit()).map_err(failed)?;
    Ok(page(items, call.limit(), shown, |last| json!(last.id)))
}

/// A run, with outputs.
pub fn get(call: &Call) -> Done {
    let run = runs::get(call.part(0)).map_err(failed)?;
    let outputs = if is_over(&run) { runs::outputs(call.part(0)).map_err(failed)? } else { None };
    Ok(Answer::json(200, &outputs.map_or_else(|| shown(&run), |outputs| whole(&run, &outputs))))
}

/// Stops a run.
pub fn cancel(call: &Call) -> Done {
    runs::cancel(call.part(0)).map(|run| Answer::json(202, &shown(&run))).map_err(failed)
}

/// Goes on with a run.
pub fn resume(call: &Call) -> Done {
    runs::resume(call.part(0)).map(|run| Answer::json(202, &shown(&run))).map_err(failed)
}

/// Events as they come, or a page of them.
pub fn events(call: &Call) -> Done {
    let id = call.part(0).to_owned();
    let seen = call.request.header("last-event-id");
    let seen = if seen.is_empty() { call.number("after").unwrap_or(0) } else { number(seen)? };
    let accept = call.request.header("accept");
    let streams = accept.is_empty() || accept.contains("text/event-stream") || accept.contains("*/*");
    if !streams || accept.starts_with("application/json") {
        let items = runs::events(&id, seen, call.limit()).map_err(failed)?;
        return Ok(page(items, call.limit(), event, |last| json!(last.number)));
    }
    let run = runs::get(&id).map_err(failed)?;
    if is_over(&run) && run.events <= seen {
        // There will be no more: 204 is what keeps a browser from asking again (WHATWG HTML, section 9.2.3).
        return Ok(Answer::empty());
    }
    let mut answer = Answer::new(200, "text/event-stream", "");
    answer.content = Content::Stream(told(id, seen));
    Ok(answer)
}

fn number(text: &str) -> Result<u64, Answer> {
    text.parse().map_err(|_| Answer::problem(400, "bad_request", "`Last-Event-ID` is the number of an event"))
}

fn event(event: &Event) -> Value {
    json!({ "number": event.number, "kind": event.kind, "body": parsed(&event.body), "made": event.made })
}

/// What happens in a run after an event, until it is over.
fn told(id: String, mut seen: u64) -> Source {
    let mut over = false;
    let mut begun = false;
    Box::new(move || {
        if !std::mem::replace(&mut begun, true) {
            return Some(STILL_HERE.into());
        }
        if over {
            return None;
        }
        // Whatever the state is, events that were told before it was read come first.
        let run = runs::get(&id).ok()?;
        let events = runs::events(&id, seen, BATCH).ok()?;
        if events.is_empty() {
            if is_over(&run) {
                return None;
            }
            return match runs::wait(&id, seen) {
                Ok(true) => Some(Vec::new()),
                Ok(false) => Some(STILL_HERE.into()),
                Err(_) => None,
            };
        }
        seen = events.last().map_or(seen, |last| last.number);
        over = is_over(&run) && seen >= run.events;
        let line = |event: &Event| {
            let body = event.body.replace(['\r', '\n'], " ");
            format!("id: {}\nevent: {}\ndata: {body}\n\n", event.number, event.kind)
        };
        Some(events.iter().map(line).collect::<String>().into_bytes())
    })
}
