//! Variables and secrets. A secret's value goes in and never comes out.

use plane_http::answer::Answer;
use serde_json::{Value, json};

use super::{page, text, texts};
use crate::host::wb::plane::variables::{self, Variable};
use crate::problem::{Done, failed};
use crate::table::Call;

fn shown(variable: &Variable) -> Value {
    json!({
        "name": variable.name,
        "secret": variable.secret,
        "size": variable.size,
        "hosts": variable.hosts,
        "changed": variable.changed,
    })
}

/// A page of them.
pub fn list(call: &Call) -> Done {
    let items = variables::list(call.param("after").unwrap_or(""), call.limit()).map_err(failed)?;
    Ok(page(items, call.limit(), shown, |last| json!(last.name)))
}

/// One of them.
pub fn get(call: &Call) -> Done {
    let (variable, value) = variables::get(call.part(0)).map_err(failed)?;
    let mut shown = shown(&variable);
    if let (Some(value), Some(shown)) = (value, shown.as_object_mut()) {
        shown.insert("value".to_owned(), String::from_utf8_lossy(&value).into());
    }
    Ok(Answer::json(200, &shown))
}

/// Sets one.
pub fn set(call: &Call) -> Done {
    let secret = call.body.get("secret").and_then(Value::as_bool).unwrap_or(false);
    let hosts = texts(&call.body, "hosts");
    if !secret && !hosts.is_empty() {
        return Err(Answer::problem(400, "bad_request", "`hosts` are where a secret may be sent, and this is none"));
    }
    let value = text(&call.body, "value").unwrap_or_default();
    let set = variables::set(call.part(0), value.as_bytes(), secret, &hosts).map_err(failed)?;
    Ok(Answer::json(200, &shown(&set)))
}

/// Removes one.
pub fn unset(call: &Call) -> Done {
    variables::unset(call.part(0)).map(|()| Answer::empty()).map_err(failed)
}
