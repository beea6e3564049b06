//! From a request to the route it is for, with everything that the table says about it checked; and to the answer.

use plane_http::answer::{Answer, Content};
use plane_http::guard;
use plane_http::request::{Body, MAX_BODY, Request, Target};
use serde_json::{Value, json};

use crate::host::wb::plane::failures::Kind;
use crate::host::wb::plane::{access, caller, idempotency};
use crate::pages;
use crate::problem::{Done, failed};
use crate::shape::Shape;
use crate::table::{Call, ROUTES, Route, Scope, Takes};

/// Ways of being known in which a browser needs no credential of its own, so that other sites could use them.
const AMBIENT: [&str; 2] = ["trusted", "session"];

/// Answers a request.
pub fn answer(request: &Request) -> Answer {
    match routed(request) {
        Ok(answer) | Err(answer) if request.wants_page() && !request.target.starts_with("/api/") => {
            pages::problem(caller::who().as_ref(), answer)
        }
        Ok(answer) | Err(answer) => answer,
    }
}

fn routed(request: &Request) -> Done {
    let Some(target) = Target::read(&request.target) else {
        return Err(Answer::problem(400, "bad_request", "the path is not UTF-8"));
    };
    let (route, parts) = find(&request.method, &target.segments)?;
    let caller = caller::who();
    permit(route, caller.as_ref(), request)?;
    check_parts(route, &parts)?;
    check_headers(route, request)?;
    let query = query(route, &target.pairs)?;
    let (body, source) = body(route, request)?;
    let call = Call { request, caller, parts, query, body, source };
    once(route, &call)
}

/// The route of a method and a path, and the parts in braces.
fn find(method: &str, segments: &[String]) -> Result<(&'static Route, Vec<String>), Answer> {
    let fits = |route: &&Route| matched(route.path, segments).is_some();
    let candidates: Vec<&Route> = ROUTES.iter().chain(pages::ROUTES).filter(fits).collect();
    if candidates.is_empty() {
        let message = format!("there is no `/{}`; `/openapi.json` lists what there is", segments.join("/"));
        return Err(Answer::problem(404, "not_found", &message));
    }
    // `HEAD` is `GET` without the content.
    let wanted = if method == "HEAD" { "GET" } else { method };
    match candidates.iter().find(|route| route.method == wanted) {
        Some(route) => Ok((route, matched(route.path, segments).unwrap_or_default())),
        None => {
            let mut methods: Vec<&str> = candidates.iter().map(|route| route.method).collect();
            if methods.contains(&"GET") {
                methods.push("HEAD");
            }
            Err(Answer::allow(&methods.join(", ")))
        }
    }
}

/// The parts in braces, where the path is the route's. No two routes of a method fit the same path.
fn matched(path: &str, segments: &[String]) -> Option<Vec<String>> {
    let pattern: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if pattern.len() != segments.len() {
        return None;
    }
    let mut parts = Vec::new();
    for (want, have) in pattern.iter().zip(segments) {
        if want.starts_with('{') {
            parts.push(have.clone());
        } else if want != have {
            return None;
        }
    }
    Some(parts)
}

/// Whether the caller may.
fn permit(route: &Route, caller: Option<&caller::Identity>, request: &Request) -> Result<(), Answer> {
    let Scope::Of(scope) = route.scope else { return Ok(()) };
    let Some(caller) = caller else {
        // The host lets nobody come here; should it once, nobody gets further.
        return Err(Answer::problem(401, "unauthorized", "say who you are: `Authorization: Bearer …`"));
    };
    if AMBIENT.contains(&caller.via.as_str()) && guard::check(request, caller.via == "trusted").is_err() {
        access::refuse("cross-site", "");
        return Err(Answer::problem(403, "forbidden", "another site sent this request, or for another host"));
    }
    if caller.scopes.iter().any(|of| of == scope || of == "*") {
        return Ok(());
    }
    access::refuse("scope", scope);
    let message = format!("this needs the scope `{scope}`, and the credential has `{}`", caller.scopes.join("`, `"));
    Err(Answer::problem(403, "forbidden", &message))
}

/// A part that nothing can be called is the name of nothing; where something would be made, it is a mistake.
fn check_parts(route: &Route, parts: &[String]) -> Result<(), Answer> {
    for (shape, part) in route.parts.iter().zip(parts) {
        if let Err(what) = shape.check_text(part) {
            let makes = matches!(route.takes, Takes::Source) || route.method == "PUT";
            let (status, code) = if makes { (400, "bad_request") } else { (404, "not_found") };
            return Err(Answer::problem(status, code, &format!("`{part}`: {what}")));
        }
    }
    Ok(())
}

/// Headers that mean something here and say nothing are a mistake of somebody who meant something.
fn check_headers(route: &Route, request: &Request) -> Result<(), Answer> {
    let bad = |message: &str| Err(Answer::problem(400, "bad_request", message));
    for name in ["if-match", "if-none-match", "last-event-id"] {
        if request.has(name) && request.header(name).trim().is_empty() {
            return bad(&format!("`{name}` is empty"));
        }
    }
    let (key, named) = (request.header("idempotency-key"), request.has("idempotency-key"));
    if named && route.method != "GET" && !(1..=255).contains(&key.len()) || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return bad("`idempotency-key` is 1 to 255 visible ASCII characters");
    }
    Ok(())
}

fn query(route: &Route, pairs: &[(String, String)]) -> Result<Vec<(&'static str, String)>, Answer> {
    let mut found = Vec::new();
    for param in route.query {
        let mut values = pairs.iter().filter(|(name, _)| name == param.name).map(|(_, value)| value);
        let Some(value) = values.next() else { continue };
        let said = match values.next() {
            Some(_) => Err("given twice".to_owned()),
            None => param.shape.check_text(value),
        };
        if let Err(what) = said {
            return Err(Answer::problem(400, "bad_request", &format!("`{}` in the query: {what}", param.name)));
        }
        found.push((param.name, value.clone()));
    }
    Ok(found)
}

/// The body as the route takes it: JSON, or a source.
fn body(route: &Route, request: &Request) -> Result<(Value, String), Answer> {
    let bytes: &[u8] = match &request.body {
        Body::Empty => &[],
        Body::Whole(bytes) => bytes,
        Body::TooLarge => {
            let message = format!("the body is larger than {} MiB", MAX_BODY >> 20);
            return Err(Answer::problem(413, "payload_too_large", &message));
        }
        Body::Broken => return Err(Answer::problem(400, "bad_request", "the body broke off")),
    };
    match route.takes {
        Takes::Nothing => Ok((Value::Null, String::new())),
        Takes::MaybeJson(_) if bytes.is_empty() => Ok((Value::Null, String::new())),
        Takes::Json(shape) | Takes::MaybeJson(shape) => {
            media(request, &["application/json"])?;
            Ok((read(bytes, &shape)?, String::new()))
        }
        Takes::Form => {
            media(request, &["application/x-www-form-urlencoded"])?;
            Ok((Value::Null, String::from_utf8_lossy(bytes).into_owned()))
        }
        Takes::Source => {
            media(request, &["text/org", "text/plain", "text/x-org", "application/octet-stream"])?;
            match std::str::from_utf8(bytes) {
                Ok(text) => Ok((Value::Null, text.to_owned())),
                Err(error) => {
                    let message = format!("the source is not UTF-8: byte {} begins nothing", error.valid_up_to() + 1);
                    Err(Answer::problem(400, "bad_request", &message))
                }
            }
        }
    }
}

/// Whether the body is of a type that is taken. One that says nothing is taken for the first.
fn media(request: &Request, taken: &[&str]) -> Result<(), Answer> {
    let said = request.content_type();
    if said.is_empty() || taken.contains(&said.as_str()) {
        return Ok(());
    }
    let message = format!("a body of type `{said}` is not taken; send `{}`", taken.join("` or `"));
    Err(Answer::problem(415, "unsupported_media_type", &message))
}

fn read(bytes: &[u8], shape: &Shape) -> Result<Value, Answer> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let message = format!("the body is no JSON: {error}");
        let details = json!({ "line": line, "column": column });
        Answer::explained(400, "bad_request", &message, Some(details))
    })?;
    match shape.check(&value) {
        Ok(()) => Ok(value),
        Err((at, what)) => {
            let place = if at.is_empty() { "the body".to_owned() } else { format!("`{at}` in the body") };
            let message = format!("{place}: {what}");
            Err(Answer::explained(400, "bad_request", &message, Some(json!({ "at": at }))))
        }
    }
}

/// Headers that are given again with a repeated answer.
const REPEATED: [&str; 3] = ["content-type", "etag", "location"];

/// Calls the route; for a write under a name, at most once.
fn once(route: &Route, call: &Call) -> Done {
    let name = call.request.header("idempotency-key");
    if name.is_empty() || route.method == "GET" {
        return (route.call)(call);
    }
    let mut request = format!("{} {}\n", call.request.method, call.request.target).into_bytes();
    if let Body::Whole(bytes) = &call.request.body {
        request.extend(bytes);
    }
    let begun = idempotency::begin(name, &request).map_err(|failure| match failure.kind {
        // The key itself was looked at before.
        Kind::Invalid => Answer::problem(422, "key_reused", &failure.message),
        _ => failed(failure),
    });
    let ticket = match begun? {
        idempotency::Begun::Fresh(ticket) => ticket,
        idempotency::Begun::Replay(kept) => {
            let mut answer = Answer::new(kept.status, "", kept.body);
            answer.headers.retain(|(name, _)| *name != "content-type");
            for (name, value) in kept.headers {
                if let Some(known) = REPEATED.iter().find(|known| **known == name) {
                    answer = answer.with(known, value);
                }
            }
            return Ok(answer.with("idempotency-replayed", "true"));
        }
    };
    let answer = match (route.call)(call) {
        Ok(answer) | Err(answer) => answer,
    };
    let body = match &answer.content {
        Content::Whole(body) if answer.status < 500 => body.clone(),
        // Nobody knows whether it took effect, or it did not: the next try is one of its own.
        _ => {
            idempotency::abandon(name, &ticket).map_err(failed)?;
            return Ok(answer);
        }
    };
    let headers = answer.headers.iter().filter(|(name, _)| REPEATED.contains(name));
    let headers = headers.map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let kept = idempotency::Answer { status: answer.status, headers, body };
    idempotency::finish(name, &ticket, &kept).map_err(failed)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &str, path: &str) -> Result<(&'static str, Vec<String>), u16> {
        let target = Target::read(path).unwrap();
        find(method, &target.segments).map(|(route, parts)| (route.name, parts)).map_err(|answer| answer.status)
    }

    #[test]
    fn a_path_has_one_route() {
        assert_eq!(found("GET", "/api/workbooks"), Ok(("list-workbooks", vec![])));
        assert_eq!(found("HEAD", "/api/workbooks/a%20b"), Ok(("get-workbook", vec!["a b".to_owned()])));
        assert_eq!(found("GET", "/api/workbooks/a%2Fb/org"), Ok(("org", vec!["a/b".to_owned()])));
        assert_eq!(found("GET", "/api/workbooks/a/b/org").unwrap_err(), 404);
        assert_eq!(found("PATCH", "/api/workbooks/a").unwrap_err(), 405);
        for route in ROUTES {
            assert_eq!(found(route.method, route.path).map(|(name, _)| name), Ok(route.name));
        }
    }

    #[test]
    fn names_of_nothing_are_not_found_and_cannot_be_made() {
        let check = |method: &str, part: &str| {
            let (route, parts) =
                find(method, &["api", "workbooks", part].map(str::to_owned)).unwrap_or_else(|_| panic!());
            check_parts(route, &parts).map_err(|answer| answer.status)
        };
        assert_eq!((check("GET", "a"), check("GET", "a/b"), check("PUT", "a/b")), (Ok(()), Err(404), Err(400)));
    }
}
