//! What of a workbook is published: its snapshots, and the hosts it is found under.

use plane_http::answer::Answer;
use plane_http::text::escaped;

use super::layout::{page, tabs};
use super::{field, fields, go, moment};
use crate::host::wb::plane::failures::Kind;
use crate::host::wb::plane::sites::{self, Content, Domain, Snapshot};
use crate::host::wb::plane::workbooks;
use crate::problem::{Done, failed};
use crate::table::Call;

/// Snapshots and hosts that are shown.
const MANY: u32 = 50;

fn act(id: &str, what: &str, more: &str, words: &str) -> String {
    format!(
        "<form method=\"post\" action=\"/workbooks/{id}/publish\"><input type=\"hidden\" name=\"do\" value=\"{what}\">{more}\
         <button class=\"quiet\">{words}</button></form>"
    )
}

/// Snapshots and hosts.
pub(super) fn show(call: &Call) -> Done {
    let id = call.part(0);
    workbooks::head(id).map_err(failed)?;
    let id_html = escaped(id);
    let snapshots = match sites::snapshots(id, None, MANY) {
        Ok(snapshots) => snapshots,
        Err(failure) if failure.kind == Kind::NotFound => Vec::new(),
        Err(failure) => return Err(failed(failure)),
    };
    let row = |item: &Snapshot| {
        let what = if item.active {
            "is seen".to_owned()
        } else {
            let to = format!("<input type=\"hidden\" name=\"to\" value=\"{}\">", item.number);
            act(&id_html, "rollback", &to, "Show this one")
        };
        let (number, made, note) = (item.number, moment(item.made), escaped(&item.note));
        format!("<tr><th scope=\"row\">{number}</th><td>{made}</td><td>{note}</td><td>{what}</td></tr>\n")
    };
    let rows: String = snapshots.iter().map(row).collect();
    let table = if rows.is_empty() {
        "<p>It is not published.</p>\n".to_owned()
    } else {
        format!(
            "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">Snapshot</th><th scope=\"col\">Made (UTC)</th><th scope=\"col\">Note</th>\
             <th scope=\"col\">What</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
        )
    };
    let withdraw = if snapshots.iter().any(|of| of.active) {
        act(&id_html, "withdraw", "", "Show nothing")
    } else {
        String::new()
    };
    let domains = sites::domains("", 1000).map_err(failed)?;
    let host = |of: &Domain| {
        let host = escaped(&of.host);
        let state = if of.verified.is_some() {
            "is shown there".to_owned()
        } else {
            let host = format!("<input type=\"hidden\" name=\"host\" value=\"{host}\">");
            format!(
                "has to give <code>{}</code> at <code>/.well-known/workbooks-domain</code> {}",
                escaped(&of.token),
                act(&id_html, "verify", &host, "Verify")
            )
        };
        format!("<li>{host} {state}</li>\n")
    };
    let hosts: String = domains.iter().filter(|of| of.site == id).map(host).collect();
    let body = format!(
        "{}<form method=\"post\" action=\"/workbooks/{id_html}/publish\" class=\"line\">\n<input type=\"hidden\" name=\"do\" value=\"publish\">\n\
         <label for=\"note\">Note</label>\n<input id=\"note\" name=\"note\" maxlength=\"200\">\n<button>Publish</button>\n</form>\n{table}{withdraw}\
         <h2>Hosts</h2>\n<ul>\n{hosts}</ul>\n<form method=\"post\" action=\"/workbooks/{id_html}/publish\" class=\"line\">\n\
         <input type=\"hidden\" name=\"do\" value=\"attach\">\n<label for=\"host\">Host</label>\n\
         <input id=\"host\" name=\"host\" required placeholder=\"www.example.org\" spellcheck=\"false\">\n<button class=\"quiet\">Ask for it</button>\n</form>\n",
        tabs(id, "Publish")
    );
    Ok(page(call, 200, id, &body))
}

/// Does what a form says.
pub(super) fn send(call: &Call) -> Done {
    let (id, sent) = (call.part(0), fields(&call.source));
    let invalid = |failure: crate::host::wb::plane::failures::Failure| match failure.kind {
        Kind::Invalid => Answer::problem(422, "invalid", &failure.message),
        _ => failed(failure),
    };
    match field(&sent, "do") {
        "publish" => {
            let (_, source) = workbooks::get(id).map_err(failed)?;
            let content = Content::Org(String::from_utf8_lossy(&source).into_owned());
            sites::publish(id, &content, field(&sent, "note"), false).map_err(invalid)?;
        }
        "rollback" => {
            let to = field(&sent, "to").parse().ok();
            let to = to.ok_or_else(|| Answer::problem(400, "bad_request", "which snapshot is not said"))?;
            sites::rollback(id, Some(to)).map_err(invalid)?;
        }
        "withdraw" => sites::withdraw(id).map_err(invalid)?,
        "attach" => {
            sites::attach(field(&sent, "host").trim(), id).map_err(invalid)?;
        }
        "verify" => {
            sites::verify(field(&sent, "host")).map_err(invalid)?;
        }
        _ => return Err(Answer::problem(400, "bad_request", "nothing was asked for")),
    }
    Ok(go(&format!("/workbooks/{id}/publish")))
}
