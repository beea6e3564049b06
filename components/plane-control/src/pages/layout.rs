//! What all pages have in common: head, navigation, style, script, and the page for what went wrong.

use plane_http::answer::{Answer, Content};
use plane_http::text::{escaped, parsed};

use crate::host::wb::plane::caller::Identity;
use crate::problem::Done;
use crate::table::Call;

const STYLE: &str = include_str!("people.css");
const SCRIPT: &str = include_str!("people.js");

/// Names that change with what is in them, so that browsers may keep them.
const STYLE_NAME: &str = concat!("people-", env!("CARGO_PKG_VERSION"), ".css");
const SCRIPT_NAME: &str = concat!("people-", env!("CARGO_PKG_VERSION"), ".js");

/// Nothing from elsewhere, and nothing within the page itself. Frames are of this server, and sandboxed.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; frame-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Style and script.
pub fn assets(call: &Call) -> Done {
    let (media, text) = match call.part(0) {
        STYLE_NAME => ("text/css; charset=utf-8", STYLE),
        SCRIPT_NAME => ("text/javascript; charset=utf-8", SCRIPT),
        _ => return Err(Answer::problem(404, "not_found", "there is no such file")),
    };
    Ok(Answer::new(200, media, text))
}

/// A page. `body` is HTML.
pub(super) fn page(call: &Call, status: u16, title: &str, body: &str) -> Answer {
    whole(call.caller.as_ref(), status, title, body)
}

fn whole(caller: Option<&Identity>, status: u16, title: &str, body: &str) -> Answer {
    let (session, nav) = match caller {
        None => (String::new(), ""),
        Some(caller) => {
            let leave = if caller.via == "session" {
                "<form method=\"post\" action=\"/logout\"><button class=\"quiet\">Log out</button></form>"
            } else {
                ""
            };
            (
                format!("<div class=\"who\">{} {leave}</div>", escaped(&caller.subject)),
                "<nav aria-label=\"Main\"><a href=\"/\">Workbooks</a> <a href=\"/runs\">Runs</a></nav>",
            )
        }
    };
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} · wb</title>\n<link rel=\"icon\" href=\"data:,\">\n\
         <link rel=\"stylesheet\" href=\"/assets/{STYLE_NAME}\">\n<script src=\"/assets/{SCRIPT_NAME}\" defer></script>\n</head>\n<body>\n\
         <header>{nav}{session}</header>\n<main>\n<h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n",
        title = escaped(title),
    );
    Answer::new(status, "text/html; charset=utf-8", html)
        .with("content-security-policy", POLICY)
        .with("cross-origin-opener-policy", "same-origin")
}

/// A line for whoever has to know.
pub(super) fn says(message: &str) -> String {
    format!("<p class=\"says\" role=\"alert\">{}</p>\n", escaped(message))
}

/// The ways from a workbook's page to its others. `here` is the one that is shown.
pub(super) fn tabs(id: &str, here: &str) -> String {
    let id = escaped(id);
    let tab = |path: &str, name: &str| {
        let current = if name == here { " aria-current=\"page\"" } else { "" };
        format!("<a href=\"/workbooks/{id}{path}\"{current}>{name}</a> ")
    };
    let all = [("", "Page"), ("/edit", "Edit"), ("/graph", "Graph"), ("/history", "History"), ("/publish", "Publish")];
    let all: String = all.iter().map(|(path, name)| tab(path, name)).collect();
    format!("<nav class=\"tabs\" aria-label=\"Workbook\">{all}</nav>\n")
}

/// An answer that is an error, as a page: with its words, and the way back.
pub fn problem(caller: Option<&Identity>, answer: Answer) -> Answer {
    if answer.status < 400 || answer.header("content-type") != Some("application/json") {
        return answer;
    }
    let Content::Whole(body) = &answer.content else { return answer };
    let said = parsed(&String::from_utf8_lossy(body));
    let message = said["error"]["message"].as_str().unwrap_or("something went wrong").to_owned();
    let title = match answer.status {
        403 => "Not allowed",
        404 => "Not found",
        409 | 412 => "Somebody else was faster",
        503 => "Not now",
        _ => "That did not work",
    };
    let body = format!("{}<p><a href=\"/\">All workbooks</a></p>\n", says(&message));
    let kept = answer.headers.into_iter().filter(|(name, _)| *name == "retry-after");
    let mut shown = whole(caller, answer.status, title, &body);
    shown.headers.extend(kept);
    shown
}
