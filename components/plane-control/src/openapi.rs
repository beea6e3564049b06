//! The description of the routes for others: OpenAPI 3.1, made of the table.

use serde_json::{Map, Value, json};

use crate::shapes;
use crate::table::{Gives, ROUTES, Route, Scope, Takes};

/// The document. `version` is the server's.
#[must_use]
pub fn document(version: &str) -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.to_ascii_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "wb control plane",
            "version": version,
            "description": "Workbooks, runs, sites, variables and keys of one tenant: the one the credential is of.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn schemas() -> Value {
    let mut named = Vec::new();
    shapes::ERROR.named(&mut named);
    for route in ROUTES {
        for (_, gives) in route.gives {
            if let Gives::Json(shape) | Gives::Events(shape) = gives {
                shape.named(&mut named);
            }
        }
    }
    named.into_iter().map(|(name, shape)| (name.to_owned(), shape.schema())).collect::<Map<_, _>>().into()
}

fn operation(route: &Route) -> Value {
    let tag = route.path.trim_start_matches("/api").split('/').nth(1).unwrap_or_default();
    let mut operation = json!({
        "operationId": route.name,
        "summary": route.about,
        "tags": [tag],
        "parameters": parameters(route),
        "responses": responses(route),
        "security": if route.scope == Scope::Open { json!([]) } else { json!([{ "bearer": [] }]) },
    });
    if let Scope::Of(scope) = route.scope {
        operation["x-scope"] = json!(scope);
    }
    if let Some(body) = body(route) {
        operation["requestBody"] = body;
    }
    operation
}

fn parameters(route: &Route) -> Value {
    let names = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parts = names
        .zip(route.parts)
        .map(|(name, shape)| json!({ "name": name, "in": "path", "required": true, "schema": shape.schema() }));
    let query = route.query.iter().map(|param| {
        json!({ "name": param.name, "in": "query", "required": false, "description": param.about, "schema": param.shape.schema() })
    });
    let header = |name: &str, about: &str, schema: Value| json!({ "name": name, "in": "header", "required": false, "description": about, "schema": schema });
    let mut all: Vec<Value> = parts.chain(query).collect();
    if route.method != "GET" {
        let schema = json!({ "type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": 255 });
        all.push(header("Idempotency-Key", "The same request under the same key takes effect once.", schema));
    }
    if route.fails.contains(&412) {
        let tag = json!({ "type": "string", "pattern": r#"^(\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$"# });
        all.push(header("If-Match", "The entity tag the workbook must have.", tag));
        all.push(header("If-None-Match", "`*`: there must be none.", json!({ "type": "string", "const": "*" })));
    }
    if route.name == "run" {
        let prefer = json!({ "type": "string", "example": "respond-async" });
        all.push(header("Prefer", "`respond-async`: queue it and answer at once (RFC 7240).", prefer));
    }
    if matches!(route.gives, [(200, Gives::Events(_)), ..]) {
        let number = json!({ "type": "string", "pattern": "^[0-9]{1,15}$" });
        all.push(header("Last-Event-ID", "Events after this one.", number));
    }
    all.into()
}

fn body(route: &Route) -> Option<Value> {
    match route.takes {
        // Forms are of pages, which are not described here.
        Takes::Nothing | Takes::Form => None,
        Takes::Json(shape) => {
            Some(json!({ "required": true, "content": { "application/json": { "schema": shape.schema() } } }))
        }
        Takes::MaybeJson(shape) => {
            Some(json!({ "required": false, "content": { "application/json": { "schema": shape.schema() } } }))
        }
        Takes::Source => {
            let text = json!({});
            Some(json!({ "required": true, "content": { "text/org": text, "text/plain": text } }))
        }
    }
}

/// Why a status is given, for the description.
fn reason(status: u16) -> &'static str {
    match status {
        400 => "the request is wrong, and the answer says where",
        401 => "nobody knows who asks",
        403 => "the credential is not good for this",
        404 => "there is no such thing",
        409 => "another write came first, or it is in the wrong state",
        412 => "the condition does not hold",
        413 => "the body is too large",
        415 => "a body of this type is not taken",
        422 => "the workbook has errors, or the idempotency key was used for another request",
        431 => "the request's head is too large",
        429 => "too many requests",
        _ => "a store does not answer; try again",
    }
}

fn responses(route: &Route) -> Value {
    let mut all = Map::new();
    for (status, gives) in route.gives {
        let content = match gives {
            Gives::Nothing => None,
            Gives::Json(shape) => Some(json!({ "application/json": { "schema": shape.schema() } })),
            Gives::Media(media) => {
                let media = media.split(';').next().unwrap_or(media);
                // JSON of a form that somebody else describes.
                let schema =
                    if media.ends_with("+json") { json!({ "type": "object" }) } else { json!({ "type": "string" }) };
                Some(json!({ media: { "schema": schema } }))
            }
            Gives::Events(shape) => Some(json!({
                "text/event-stream": {},
                "application/json": { "schema": shape.schema() },
            })),
        };
        let mut answer = json!({ "description": success(*status) });
        if let Some(content) = content {
            answer["content"] = content;
        }
        all.insert(status.to_string(), answer);
    }
    let error = json!({ "application/json": { "schema": shapes::ERROR.schema() } });
    for status in statuses(route) {
        let own = status == 503 && route.name == "ready";
        let content =
            if own { json!({ "application/json": { "schema": shapes::READY.schema() } }) } else { error.clone() };
        // The head was not read to its end, so nothing is said in any format.
        let answer = if status == 431 {
            json!({ "description": reason(status) })
        } else {
            json!({ "description": reason(status), "content": content })
        };
        all.entry(status.to_string()).or_insert(answer);
    }
    all.into()
}

fn success(status: u16) -> &'static str {
    match status {
        201 => "made",
        202 => "accepted",
        204 => "done",
        304 => "the caller has it already",
        _ => "there it is",
    }
}

/// Statuses of failure: what the table says, and what follows from the rest of the line.
#[must_use]
pub fn statuses(route: &Route) -> Vec<u16> {
    let mut all = vec![400, 429, 431, 503];
    all.extend(route.fails);
    if route.scope != Scope::Open {
        all.extend([401, 403]);
    }
    if !route.parts.is_empty() || route.name == "publish" {
        all.push(404);
    }
    if route.method != "GET" {
        // Another request under the same idempotency key is under way, or was another one.
        all.extend([409, 422]);
    }
    if !matches!(route.takes, Takes::Nothing) {
        all.extend([413, 415]);
    }
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document("0");
        let text = document.to_string();
        for (at, _) in text.match_indices("#/components/schemas/") {
            let name = text[at + "#/components/schemas/".len()..].split('"').next().unwrap();
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
        assert_eq!(document["paths"]["/api/workbooks/{id}"]["put"]["responses"]["412"]["description"], reason(412));
    }
}
