//! Which answer a request gets. Every mistake of a caller has a status below 500 and says what to do.

use serde_json::{Map, Value, json};

use plane_http::answer::{Answer, Content};
use plane_http::guard::{self, Refused};
use plane_http::request::{Body, MAX_BODY, Request, Target, pairs};
use plane_http::text::{error, escaped, parsed};

use crate::form;
use crate::workbook::{About, Given, Outcome, Page, Refusal, Workbook};

const STYLE: &str = include_str!("wb.css");
const LIVE: &str = include_str!("live.js");

/// Answers one request. `local`: the server listens to this machine alone.
pub fn answer(request: &Request, workbook: &mut dyn Workbook, local: bool) -> Answer {
    match guard::check(request, local) {
        Ok(()) => {}
        Err(Refused::Host) => {
            let message = format!("`{}` is no name of this machine; open http://localhost instead", request.host);
            return Answer::problem(421, "misdirected", &message);
        }
        Err(Refused::CrossSite) => {
            return Answer::problem(403, "forbidden", "another site sent this request; only the page itself may");
        }
    }
    let Some(target) = Target::read(&request.target) else {
        return Answer::problem(400, "bad_request", "the path is not UTF-8");
    };
    let segments: Vec<&str> = target.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["run"] if request.method == "POST" => run(request, &target, workbook),
        _ if !request.reads() && segments == ["run"] => Answer::allow("POST"),
        _ if !request.reads() => Answer::allow("GET, HEAD"),
        [] => page(&target.pairs, workbook),
        ["-", rest @ ..] => own(rest, &target, workbook),
        [name] if has_export(workbook, name) => export(request, &target, name, workbook),
        // Somebody reloads or goes back to what a form gave.
        ["run"] => Answer::new(303, "text/plain", "").with("location", "/"),
        _ => file(&segments.join("/"), workbook),
    }
}

/// What belongs to the server and not to the workbook.
fn own(path: &[&str], target: &Target, workbook: &mut dyn Workbook) -> Answer {
    match path {
        ["health"] => Answer::new(200, "text/plain; charset=utf-8", "ok\n"),
        ["org"] => Answer::new(200, "text/plain; charset=utf-8", workbook.source()),
        ["about"] => Answer::json(200, &about(&workbook.about())),
        ["wb.css"] => Answer::new(200, "text/css; charset=utf-8", STYLE),
        ["live.js"] => Answer::new(200, "text/javascript; charset=utf-8", LIVE),
        ["changes"] => {
            let now = workbook.about();
            if !now.watched {
                return Answer::problem(404, "not_found", "the file is not watched; start the server with `--watch`");
            }
            let seen = target.pairs.iter().find(|(name, _)| name == "edition").map(|(_, edition)| edition.clone());
            let mut answer = Answer::new(200, "text/event-stream", "");
            answer.content = Content::Stream(workbook.changes(seen.unwrap_or(now.edition)));
            answer
        }
        _ => Answer::problem(404, "not_found", "there is `/-/about`, `/-/changes`, `/-/health` and `/-/org`"),
    }
}

fn about(about: &About) -> Value {
    let inputs: Vec<Value> = about
        .inputs
        .iter()
        .map(|input| {
            let value = input.value.as_deref().map(parsed);
            json!({ "name": input.name, "type": input.ty, "value": value, "fixed": input.fixed })
        })
        .collect();
    let outputs: Vec<Value> = about
        .outputs
        .iter()
        .map(|output| json!({ "name": output.name, "type": output.ty, "component": output.component }))
        .collect();
    json!({
        "edition": about.edition,
        "watched": about.watched,
        "inputs": inputs,
        "outputs": outputs,
        "problems": problems(about),
    })
}

fn problems(about: &About) -> Value {
    let problem = |problem: &crate::workbook::Problem| {
        json!({
            "code": problem.code,
            "message": problem.message,
            "line": problem.line,
            "column": problem.column,
            "help": problem.help,
        })
    };
    about.problems.iter().map(problem).collect()
}

fn has_export(workbook: &mut dyn Workbook, name: &str) -> bool {
    workbook.about().outputs.iter().any(|output| output.name == name)
}

/// The page, with the results for the inputs in the query where all have a value.
fn page(sent: &[(String, String)], workbook: &mut dyn Workbook) -> Answer {
    let about = workbook.about();
    if !about.problems.is_empty() {
        return bare(&about, sent, 200, &said(&about), workbook);
    }
    shown(&about, sent, workbook)
}

/// Runs with what a form or a query says, and shows the page of it.
fn shown(about: &About, sent: &[(String, String)], workbook: &mut dyn Workbook) -> Answer {
    match workbook.run(form::given(&about.inputs, sent), None, true) {
        Ok(Outcome { page: Some(page), exports, .. }) => {
            let status = exports.iter().map(|export| status(export, about)).find(|status| *status == 400);
            html(about, sent, status.unwrap_or(200), "", page)
        }
        Ok(Outcome { page: None, .. }) => bare(about, sent, 200, "", workbook),
        // Opening a page is no mistake, even if its inputs have to be given first.
        Err(Refusal::Missing(_)) if sent.is_empty() => bare(about, sent, 200, "", workbook),
        Err(refusal) => {
            let (status, _, message) = refused(&refusal);
            let says = format!("<div class=\"wb-says\" role=\"alert\"><p>{}</p></div>\n", escaped(&message));
            let answer = bare(about, sent, status, &says, workbook);
            if status == 503 && answer.header("retry-after").is_none() {
                answer.with("retry-after", "1")
            } else {
                answer
            }
        }
    }
}

/// The errors of the workbook, as its page shows them.
fn said(about: &About) -> String {
    let line = |problem: &crate::workbook::Problem| {
        let help = problem.help.as_deref().map(|help| format!("<br>{}", escaped(help))).unwrap_or_default();
        let (code, message) = (escaped(&problem.code), escaped(&problem.message));
        format!("<li>line {}, column {}: {message} <code>{code}</code>{help}</li>\n", problem.line, problem.column)
    };
    let lines: String = about.problems.iter().map(line).collect();
    format!(
        "<div class=\"wb-says\" role=\"alert\"><p>The workbook has errors, so nothing was run.</p>\n<ul>\n{lines}</ul></div>\n"
    )
}

/// The page without results.
fn bare(about: &About, sent: &[(String, String)], status: u16, says: &str, workbook: &mut dyn Workbook) -> Answer {
    match workbook.page() {
        Ok(page) => html(about, sent, status, says, page),
        Err(message) => Answer::problem(503, "unavailable", &message),
    }
}

fn html(about: &About, sent: &[(String, String)], status: u16, says: &str, page: Page) -> Answer {
    let live = if about.watched {
        format!("<script src=\"/-/live.js\" data-edition=\"{}\" defer></script>\n", escaped(&about.edition))
    } else {
        String::new()
    };
    let form = form::form(&about.inputs, sent);
    let style = if form.is_empty() && says.is_empty() { "" } else { "<link rel=\"stylesheet\" href=\"/-/wb.css\">\n" };
    let body = [page.before.as_str(), style, says, &form, &live, &page.after].concat();
    let script = if about.watched { "script-src 'self'; connect-src 'self'; " } else { "" };
    let policy = format!(
        "default-src 'none'; style-src {} 'self'; {script}img-src 'self' data:; media-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
        page.styles
    );
    Answer::new(status, "text/html; charset=utf-8", body)
        .with("content-security-policy", policy)
        .with("cross-origin-opener-policy", "same-origin")
}

/// What somebody is told of a refusal: status, code and words.
fn refused(refusal: &Refusal) -> (u16, &'static str, String) {
    match refusal {
        Refusal::Unknown(what) => (400, "bad_request", what.clone()),
        Refusal::Missing(names) => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let noun = if names.len() == 1 { "this input has" } else { "these inputs have" };
            (400, "missing_input", format!("{noun} no value: {}", names.join(", ")))
        }
        Refusal::Invalid => (422, "invalid_workbook", "the workbook has errors, so nothing was run".to_owned()),
        Refusal::Busy => (503, "busy", "as many runs as there may be are under way; try again".to_owned()),
        Refusal::Ending => (503, "ending", "the server is about to end".to_owned()),
        Refusal::Failed(message) => (503, "unavailable", message.clone()),
    }
}

fn refusal(refusal: &Refusal, workbook: &mut dyn Workbook) -> Answer {
    let (status, code, message) = refused(refusal);
    let details = match refusal {
        Refusal::Invalid => Some(json!({ "problems": problems(&workbook.about()) })),
        Refusal::Missing(names) => Some(json!({ "inputs": names })),
        _ => None,
    };
    let answer = Answer::json(status, &error(code, &message, status == 503, details));
    if status == 503 { answer.with("retry-after", "1") } else { answer }
}

/// The inputs in the query, and after them those in the body.
fn inputs(request: &Request, target: &Target, about: &About) -> Result<Vec<(String, Given)>, Answer> {
    let mut given = form::given(&about.inputs, &target.pairs);
    let body = match &request.body {
        Body::Whole(body) => body.as_slice(),
        Body::Empty => &[],
        Body::TooLarge => {
            let message = format!("the body is larger than {} MiB", MAX_BODY >> 20);
            return Err(Answer::problem(413, "payload_too_large", &message));
        }
        Body::Broken => return Err(Answer::problem(400, "bad_request", "the body broke off")),
    };
    match request.content_type().as_str() {
        _ if body.is_empty() => {}
        // What `curl -d` calls a form is one only if it does not begin like an object.
        "application/x-www-form-urlencoded" if body.first() != Some(&b'{') => {
            given.extend(form::given(&about.inputs, &pairs(body)))
        }
        "application/json" | "application/x-www-form-urlencoded" | "" => {
            let object: Map<String, Value> = serde_json::from_slice(body).map_err(|fault| {
                let message = format!("the body is no JSON object of inputs: {fault}");
                Answer::problem(400, "bad_request", &message)
            })?;
            given.extend(object.into_iter().map(|(name, value)| (name, Given::Json(value.to_string()))));
        }
        other => {
            let message = format!("the body is `{other}`; send a JSON object of inputs, or a form");
            return Err(Answer::problem(415, "unsupported_media_type", &message));
        }
    }
    Ok(given)
}

/// `POST /run`: all exports, those that there are and why the others are not; or the page of them.
fn run(request: &Request, target: &Target, workbook: &mut dyn Workbook) -> Answer {
    let about = workbook.about();
    if request.wants_page() && request.content_type() == "application/x-www-form-urlencoded" {
        let mut sent = target.pairs.clone();
        match &request.body {
            Body::Whole(body) => sent.extend(pairs(body)),
            Body::Empty => {}
            Body::TooLarge | Body::Broken => {
                return inputs(request, target, &about).err().unwrap_or_else(|| Answer::allow("POST"));
            }
        }
        if !about.problems.is_empty() {
            return bare(&about, &sent, 422, &said(&about), workbook);
        }
        return shown(&about, &sent, workbook);
    }
    let given = match inputs(request, target, &about) {
        Ok(given) => given,
        Err(answer) => return answer,
    };
    match workbook.run(given, None, false) {
        Ok(outcome) => results(&outcome, &about),
        Err(why) => refusal(&why, workbook),
    }
}

fn results(outcome: &Outcome, about: &About) -> Answer {
    let (mut exports, mut failures, mut worst) = (Map::new(), Vec::new(), 200);
    for export in &outcome.exports {
        match &export.1 {
            Ok(value) => drop(exports.insert(export.0.clone(), parsed(value))),
            Err((component, message)) => {
                failures.push(json!({ "export": export.0, "component": component, "error": message }));
                let status = status(export, about);
                worst = if worst == 200 { status } else { worst.min(status) };
            }
        }
    }
    let mut body = json!({ "run": outcome.run, "exports": exports });
    if !failures.is_empty() {
        body["failures"] = Value::Array(failures);
    }
    Answer::json(worst, &body)
}

/// An input without a fitting value is the caller's fault; what else fails cannot be done with these inputs.
fn status(export: &crate::workbook::Export, about: &About) -> u16 {
    let Err((_, message)) = &export.1 else { return 200 };
    // One that does not convert fails where it is taken: "input `n`: expected …".
    let named = message.strip_prefix("input `").and_then(|rest| rest.split('`').next());
    let theirs = named.is_some_and(|named| about.inputs.iter().any(|input| input.name == named));
    if theirs { 400 } else { 422 }
}

/// `GET /<export>`: one value, and only what it depends on is run. A string as text for who wants text.
fn export(request: &Request, target: &Target, name: &str, workbook: &mut dyn Workbook) -> Answer {
    let about = workbook.about();
    let outcome = match workbook.run(form::given(&about.inputs, &target.pairs), Some(name), false) {
        Ok(outcome) => outcome,
        Err(why) => return refusal(&why, workbook),
    };
    let Some(export) = outcome.exports.iter().find(|export| export.0 == name) else {
        return Answer::problem(404, "not_found", &format!("the workbook has no output `{name}`"));
    };
    match &export.1 {
        Ok(json) => match parsed(json) {
            Value::String(text) if request.header("accept").trim_start().starts_with("text/") => {
                Answer::new(200, "text/plain; charset=utf-8", text)
            }
            _ => Answer::new(200, "application/json", format!("{json}\n")),
        },
        Err((component, message)) => {
            let details = json!({ "component": component });
            let status = status(export, &about);
            let code = if status == 400 { "bad_request" } else { "component_failed" };
            Answer::json(status, &error(code, message, false, Some(details)))
        }
    }
}

/// A file that the page refers to. Whatever is in it runs nothing.
fn file(path: &str, workbook: &mut dyn Workbook) -> Answer {
    let Some(bytes) = workbook.file(path) else {
        let names: Vec<String> = workbook.about().outputs.iter().map(|output| format!("`/{}`", output.name)).collect();
        let there = if names.is_empty() { "no outputs".to_owned() } else { names.join(", ") };
        let message = format!("there is no `/{path}`; the workbook has {there}, and `/run`");
        return Answer::problem(404, "not_found", &message);
    };
    Answer::new(200, media(path), bytes)
        .with("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
}

/// The media type of a file by its name. Unknown ones are bytes to be saved.
fn media(path: &str) -> &'static str {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    match ending.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        "pdf" => "application/pdf",
        "json" => "application/json",
        "csv" => "text/csv; charset=utf-8",
        "txt" | "org" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
