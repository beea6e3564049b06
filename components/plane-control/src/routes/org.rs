//! What the kernel makes of a source.

use plane_http::answer::Answer;

use super::workbooks::source;
use crate::host::wb::plane::failures::Kind;
use crate::host::wb::plane::org;
use crate::problem::{Done, failed};
use crate::table::Call;

fn text(call: &Call) -> Result<String, Answer> {
    let (bytes, _) = source(call)?;
    // Only texts are let in; one that came in another way is shown as far as it is one.
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

fn json(text: String) -> Answer {
    Answer::new(200, "application/json", text)
}

/// The page.
pub fn html(call: &Call) -> Done {
    let html = org::html(&text(call)?, call.part(0)).map_err(failed)?;
    // The page has a policy of its own in its head. Whatever it contains, it is not of this origin.
    Ok(Answer::new(200, "text/html; charset=utf-8", html)
        .with("content-security-policy", "sandbox; frame-ancestors 'self'"))
}

/// The plan.
pub fn plan(call: &Call) -> Done {
    org::plan(&text(call)?).map(json).map_err(failed)
}

/// Headlines.
pub fn headlines(call: &Call) -> Done {
    let text = text(call)?;
    let rows = match call.param("query") {
        Some(expr) => org::query(&text, expr),
        None => org::headlines(&text),
    };
    rows.map(json).map_err(failed)
}

/// Findings.
pub fn lint(call: &Call) -> Done {
    org::lint(&text(call)?).map(json).map_err(failed)
}

/// The graph.
pub fn graph(call: &Call) -> Done {
    match org::graph(&text(call)?) {
        Ok(svg) => Ok(Answer::new(200, "image/svg+xml", svg)
            .with("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")),
        Err(failure) if failure.kind == Kind::Invalid => {
            Err(Answer::problem(422, "invalid_workbook", &failure.message))
        }
        Err(failure) => Err(failed(failure)),
    }
}
