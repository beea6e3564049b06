//! The server itself.

use plane_http::answer::Answer;
use serde_json::{Value, json};

use crate::host::wb::plane::server;
use crate::openapi;
use crate::problem::Done;
use crate::table::Call;

/// `ok`.
pub fn health(_: &Call) -> Done {
    Ok(Answer::new(200, "text/plain; charset=utf-8", "ok\n"))
}

/// Whether every part takes work.
pub fn ready(_: &Call) -> Done {
    let checks = server::ready();
    let ready = checks.iter().all(|check| check.problem.is_none());
    let checks: Value = checks
        .iter()
        .map(|check| json!({ "name": check.name, "ok": check.problem.is_none(), "problem": check.problem }))
        .collect();
    let answer = Answer::json(if ready { 200 } else { 503 }, &json!({ "ready": ready, "checks": checks }));
    if ready { Ok(answer) } else { Err(answer.with("retry-after", "1")) }
}

/// What this server is.
pub fn describe(_: &Call) -> Done {
    let about = server::describe();
    Ok(Answer::json(
        200,
        &json!({
            "rcp": "1",
            "runtime": "wb",
            "version": about.version,
            "tenancy": about.tenancy,
            "auth": { "rung": about.auth, "issuer": about.issuer, "jwks_url": about.jwks },
            "transports": { "http": true, "sse": true },
            "public": about.public,
            "capabilities": ["workbooks", "runs", "publish", "domains", "vars", "keys"],
        }),
    ))
}

/// Whose signatures are this server's.
pub fn identity(call: &Call) -> Done {
    let none = || {
        Answer::problem(404, "not_found", "a server of several tenants has no identity of its own; their sites have")
    };
    let document = server::identity(&call.request.host).ok_or_else(none)?;
    Ok(Answer::new(200, "application/did+json", document))
}

/// The description of the routes.
pub fn openapi(_: &Call) -> Done {
    Ok(Answer::json(200, &openapi::document(&server::describe().version)))
}

/// Figures.
pub fn metrics(_: &Call) -> Done {
    Ok(Answer::new(200, "text/plain; version=0.0.4; charset=utf-8", server::metrics()))
}
