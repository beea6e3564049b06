//! Sites, their snapshots, and the hosts they are found under.

use plane_http::answer::Answer;
use serde_json::{Value, json};

use super::{number, page, text};
use crate::host::wb::plane::failures::Kind;
use crate::host::wb::plane::sites::{self, Bytes, Content, Domain, Site, SiteFile, Snapshot};
use crate::host::wb::plane::workbooks;
use crate::problem::{Done, failed};
use crate::table::Call;

fn site(site: &Site) -> Value {
    json!({ "id": site.id, "active": site.active, "latest": site.latest })
}

fn snapshot(snapshot: &Snapshot) -> Value {
    json!({
        "number": snapshot.number,
        "digest": snapshot.digest,
        "files": snapshot.files,
        "size": snapshot.size,
        "note": snapshot.note,
        "made": snapshot.made,
        "active": snapshot.active,
    })
}

fn domain(domain: &Domain) -> Value {
    json!({
        "host": domain.host,
        "site": domain.site,
        "token": domain.token,
        "added": domain.added,
        "verified": domain.verified,
    })
}

fn file(file: &Value) -> Result<SiteFile, Answer> {
    let path = text(file, "path").unwrap_or_default().to_owned();
    let bytes = match (text(file, "text"), text(file, "base64")) {
        (Some(text), None) => Bytes::Text(text.to_owned()),
        (None, Some(base64)) => Bytes::Base64(base64.to_owned()),
        _ => return Err(Answer::problem(400, "bad_request", "a file has either `text` or `base64`")),
    };
    Ok(SiteFile { path, bytes })
}

/// Makes a snapshot and shows it.
pub fn publish(call: &Call) -> Done {
    let id = text(&call.body, "id").unwrap_or_default();
    let files = call.body.get("files").and_then(Value::as_array);
    let content = match (text(&call.body, "html"), text(&call.body, "org"), files) {
        (Some(html), None, None) => Content::Html(html.to_owned()),
        (None, Some(org), None) => Content::Org(org.to_owned()),
        (None, None, Some(files)) => Content::Files(files.iter().map(file).collect::<Result<_, Answer>>()?),
        (None, None, None) => {
            let (_, source) = workbooks::get(id).map_err(failed)?;
            Content::Org(String::from_utf8_lossy(&source).into_owned())
        }
        _ => {
            return Err(Answer::problem(400, "bad_request", "the body has one of `html`, `org` and `files`"));
        }
    };
    let sign = call.body.get("sign").and_then(Value::as_bool).unwrap_or_default();
    if sign && matches!(content, Content::Files(_)) {
        return Err(Answer::problem(400, "bad_request", "`files` are published as they are: sign pages first"));
    }
    match sites::publish(id, &content, text(&call.body, "note").unwrap_or_default(), sign) {
        Ok(made) => Ok(Answer::json(201, &snapshot(&made))),
        Err(failure) if failure.kind == Kind::Invalid => {
            Err(Answer::problem(422, "invalid_workbook", &failure.message))
        }
        Err(failure) => Err(failed(failure)),
    }
}

/// A page of sites.
pub fn list(call: &Call) -> Done {
    let items = sites::list(call.param("after").unwrap_or(""), call.limit()).map_err(failed)?;
    Ok(page(items, call.limit(), site, |last| json!(last.id)))
}

/// A page of snapshots.
pub fn snapshots(call: &Call) -> Done {
    let items = sites::snapshots(call.part(0), call.number("before"), call.limit()).map_err(failed)?;
    if items.is_empty() && call.number("before").is_none() {
        return Err(Answer::problem(404, "not_found", &format!("there is no site `{}`", call.part(0))));
    }
    Ok(page(items, call.limit(), snapshot, |last| json!(last.number)))
}

/// Shows an earlier snapshot.
pub fn rollback(call: &Call) -> Done {
    let id = call.part(0);
    let to = call.body.get("to").filter(|to| !to.is_null()).and_then(|_| number(&call.body, "to"));
    let active = sites::rollback(id, to).map_err(failed)?;
    let latest = sites::snapshots(id, None, 1).map_err(failed)?.first().map_or(active, |latest| latest.number);
    Ok(Answer::json(200, &json!({ "id": id, "active": active, "latest": latest })))
}

/// Shows nothing.
pub fn withdraw(call: &Call) -> Done {
    sites::withdraw(call.part(0)).map(|()| Answer::empty()).map_err(failed)
}

/// A page of hosts.
pub fn domains(call: &Call) -> Done {
    let items = sites::domains(call.param("after").unwrap_or(""), call.limit()).map_err(failed)?;
    Ok(page(items, call.limit(), domain, |last| json!(last.host)))
}

/// Asks for a host.
pub fn attach(call: &Call) -> Done {
    let (host, id) = (text(&call.body, "host").unwrap_or_default(), text(&call.body, "site").unwrap_or_default());
    sites::attach(host, id).map(|made| Answer::json(201, &domain(&made))).map_err(failed)
}

/// Looks whose a host is.
pub fn verify(call: &Call) -> Done {
    match sites::verify(call.part(0)) {
        Ok(verified) => Ok(Answer::json(200, &domain(&verified))),
        Err(failure) if failure.kind == Kind::Invalid => Err(Answer::problem(422, "not_verified", &failure.message)),
        Err(failure) => Err(failed(failure)),
    }
}

/// Gives a host up.
pub fn detach(call: &Call) -> Done {
    sites::detach(call.part(0)).map(|()| Answer::empty()).map_err(failed)
}
