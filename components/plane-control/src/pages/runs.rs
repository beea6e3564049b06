//! Runs: the latest, and one of them with its steps as they come.

use plane_http::answer::Answer;
use plane_http::text::{escaped, parsed};
use serde_json::Value;

use super::layout::{page, says};
use super::{field, fields, go, moment};
use crate::host::wb::plane::runs::{self, Event, Run};
use crate::problem::{Done, failed};
use crate::table::Call;

/// Runs on a page.
const MANY: u32 = 50;

/// Events that are shown.
const EVENTS: u32 = 1000;

/// Bytes of a value that are shown; the rest is in the API's answer.
const SHOWN: usize = 4000;

/// The latest runs.
pub(super) fn list(call: &Call) -> Done {
    let items = runs::list(None, call.param("before"), MANY).map_err(failed)?;
    let row = |run: &Run| {
        let (id, workbook, state) = (escaped(&run.id), escaped(&run.workbook), escaped(&run.state));
        format!(
            "<tr><th scope=\"row\"><a href=\"/runs/{id}\">{}</a></th><td><a href=\"/workbooks/{workbook}\">{workbook}</a></td>\
             <td><span class=\"state {state}\">{state}</span></td><td class=\"number\">{}</td></tr>\n",
            moment(run.queued),
            took(run),
        )
    };
    let rows: String = items.iter().map(row).collect();
    let more = items.last().filter(|_| items.len() >= MANY as usize);
    let more = more
        .map_or(String::new(), |last| format!("<p><a href=\"/runs?before={}\">Earlier</a></p>\n", escaped(&last.id)));
    let body = if items.is_empty() {
        "<p>Nothing was run yet.</p>\n".to_owned()
    } else {
        format!(
            "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">Begun (UTC)</th><th scope=\"col\">Workbook</th><th scope=\"col\">State</th>\
             <th scope=\"col\">Took</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n{more}"
        )
    };
    Ok(page(call, 200, "Runs", &body))
}

fn took(run: &Run) -> String {
    match (run.started, run.ended) {
        (Some(started), Some(ended)) => format!("{} ms", ended.saturating_sub(started)),
        _ => String::new(),
    }
}

fn is_over(run: &Run) -> bool {
    !matches!(run.state.as_str(), "queued" | "running")
}

/// A run.
pub(super) fn show(call: &Call) -> Done {
    let id = call.part(0);
    let run = runs::get(id).map_err(failed)?;
    let events = runs::events(id, 0, EVENTS).map_err(failed)?;
    let steps: String = events.iter().filter_map(step).collect();
    let (id_html, workbook, state) = (escaped(id), escaped(&run.workbook), escaped(&run.state));
    let action = match run.state.as_str() {
        "queued" | "running" => button(&id_html, "cancel", "Stop"),
        "interrupted" => button(&id_html, "resume", "Go on"),
        _ => String::new(),
    };
    let problem = run.problem.as_deref().map(says).unwrap_or_default();
    let outputs = if is_over(&run) { runs::outputs(id).map_err(failed)? } else { None };
    let outputs = outputs.map(|outputs| results(&parsed(&outputs))).unwrap_or_default();
    // With a script the steps come by themselves, without one the page comes again.
    let again = if is_over(&run) {
        String::new()
    } else {
        format!(
            "<div data-run=\"{id_html}\" data-after=\"{}\"></div>\n<noscript><meta http-equiv=\"refresh\" content=\"2\"></noscript>\n",
            run.events
        )
    };
    let body = format!(
        "<p><a href=\"/workbooks/{workbook}\">{workbook}</a>, {} <span id=\"state\" class=\"state {state}\">{state}</span> {}</p>\n{action}{problem}{again}\
         <h2>Steps</h2>\n<ol id=\"steps\" class=\"steps\">\n{steps}</ol>\n{outputs}",
        moment(run.queued),
        took(&run),
    );
    Ok(page(call, 200, &format!("Run of {}", run.workbook), &body))
}

fn button(id: &str, what: &str, words: &str) -> String {
    format!(
        "<form method=\"post\" action=\"/runs/{id}\"><input type=\"hidden\" name=\"do\" value=\"{what}\"><button class=\"quiet\">{words}</button></form>\n"
    )
}

/// A component that came to an end.
fn step(event: &Event) -> Option<String> {
    if event.kind != "step" {
        return None;
    }
    let body = parsed(&event.body);
    let text = |value: &Value| escaped(value.as_str().unwrap_or_default());
    let state = text(&body["state"]);
    let time = body["ms"].as_f64().map_or(String::new(), |ms| format!(" <span class=\"number\">{ms:.1} ms</span>"));
    let error = match text(&body["error"]["message"]) {
        error if error.is_empty() => error,
        error => format!("<br>{error}"),
    };
    Some(format!("<li><span class=\"state {state}\">{state}</span> {}{time}{error}</li>\n", text(&body["component"])))
}

/// What came out, and what did not.
fn results(whole: &Value) -> String {
    let mut html = String::new();
    let outputs: Vec<_> = whole["outputs"].as_object().into_iter().flatten().collect();
    if !outputs.is_empty() {
        html.push_str("<h2>Results</h2>\n<dl>\n");
        for (name, value) in outputs {
            let text =
                value.as_str().map_or_else(|| serde_json::to_string_pretty(value).unwrap_or_default(), str::to_owned);
            let mut cut: String = text.chars().take(SHOWN).collect();
            if cut.len() < text.len() {
                cut.push_str("\n…");
            }
            html.push_str(&format!("<dt>{}</dt><dd><pre>{}</pre></dd>\n", escaped(name), escaped(&cut)));
        }
        html.push_str("</dl>\n");
    }
    let failures: Vec<_> = whole["failures"].as_array().into_iter().flatten().collect();
    if !failures.is_empty() {
        html.push_str("<h2>Failures</h2>\n<ul class=\"findings\">\n");
        for failure in failures {
            let text = |name: &str| escaped(failure[name].as_str().unwrap_or_default());
            let line = failure["span"]["line"].as_u64().map_or(String::new(), |line| format!("line {line}: "));
            html.push_str(&format!("<li class=\"error\">{line}{} {}</li>\n", text("message"), text("help")));
        }
        html.push_str("</ul>\n");
    }
    html
}

/// Stops a run, or goes on with one.
pub(super) fn send(call: &Call) -> Done {
    let id = call.part(0);
    match field(&fields(&call.source), "do") {
        "cancel" => runs::cancel(id).map_err(failed)?,
        "resume" => runs::resume(id).map_err(failed)?,
        _ => return Err(Answer::problem(400, "bad_request", "a run can be stopped and gone on with")),
    };
    Ok(go(&format!("/runs/{id}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::results;

    #[test]
    fn results_are_text_and_of_a_size() {
        let html =
            results(&json!({ "outputs": { "<x>": "<script>", "n": [1], "long": "y".repeat(9000) }, "failures": [
            { "message": "no <b>", "help": "try", "span": { "line": 3 } },
        ] }));
        assert!(!html.contains("<script>") && html.contains("<dt>&lt;x&gt;</dt>") && html.contains("…"), "{html}");
        assert!(html.contains("line 3: no &lt;b&gt; try"), "{html}");
        assert_eq!(results(&json!({})), "");
    }
}
