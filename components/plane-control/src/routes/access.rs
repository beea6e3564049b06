//! API keys, and what was refused.

use plane_http::answer::Answer;
use serde_json::{Value, json};

use super::{number, page, text, texts};
use crate::host::wb::plane::access::{self, Key, Refused, Session};
use crate::problem::{Done, failed};
use crate::table::Call;

fn shown(key: &Key) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "scopes": key.scopes,
        "made": key.made,
        "expires": key.expires,
        "revoked": key.revoked,
    })
}

fn session(session: &Session) -> Value {
    json!({
        "id": session.id,
        "subject": session.subject,
        "scopes": session.scopes,
        "made": session.made,
        "used": session.used,
        "expires": session.expires,
    })
}

/// A page of sessions.
pub fn sessions(call: &Call) -> Done {
    let items = access::sessions(call.param("after").unwrap_or(""), call.limit()).map_err(failed)?;
    Ok(page(items, call.limit(), session, |last| json!(last.id)))
}

/// Ends a session.
pub fn end_session(call: &Call) -> Done {
    access::end_session(call.part(0)).map(|()| Answer::empty()).map_err(failed)
}

fn refusal(refused: &Refused) -> Value {
    json!({
        "made": refused.made,
        "client": refused.client,
        "method": refused.method,
        "path": refused.path,
        "rule": refused.rule,
        "detail": refused.detail,
    })
}

/// A page of keys.
pub fn list(call: &Call) -> Done {
    let items = access::keys(call.param("after").unwrap_or(""), call.limit()).map_err(failed)?;
    Ok(page(items, call.limit(), shown, |last| json!(last.id)))
}

/// Makes a key that is good for no more than the caller's own credential.
pub fn create(call: &Call) -> Done {
    let wanted = texts(&call.body, "scopes");
    let own: Vec<String> = call.caller.as_ref().map(|caller| caller.scopes.clone()).unwrap_or_default();
    let beyond = wanted.iter().find(|scope| !own.iter().any(|of| of == *scope || of == "*"));
    if let Some(scope) = beyond {
        access::refuse("scope", scope);
        let message = format!("a key can be good for no more than your own credential, which has no `{scope}`");
        return Err(Answer::problem(403, "forbidden", &message));
    }
    let expires = call.body.get("expires").filter(|time| !time.is_null()).and_then(|_| number(&call.body, "expires"));
    let (key, text) = access::create(text(&call.body, "name").unwrap_or_default(), &wanted, expires).map_err(failed)?;
    let mut shown = shown(&key);
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("key".to_owned(), text.into());
    }
    Ok(Answer::json(201, &shown))
}

/// Ends a key.
pub fn revoke(call: &Call) -> Done {
    access::revoke(call.part(0)).map(|()| Answer::empty()).map_err(failed)
}

/// A page of refusals.
pub fn refusals(call: &Call) -> Done {
    let items = access::refusals(call.number("before"), call.limit()).map_err(failed)?;
    Ok(page(items, call.limit(), refusal, |last| json!(last.made)))
}
