//! The source of a workbook, to be changed, with what is wrong in it beside it. A change that somebody else was faster with is not lost: both
//! texts are shown.

use plane_http::text::{escaped, parsed};
use serde_json::Value;

use super::layout::{page, says, tabs};
use super::{field, fields, go};
use crate::host::wb::plane::failures::Kind;
use crate::host::wb::plane::org;
use crate::host::wb::plane::workbooks::{self, Condition};
use crate::problem::{Done, failed};
use crate::table::Call;

/// The source as it is kept.
pub(super) fn show(call: &Call) -> Done {
    let (workbook, source) = workbooks::get(call.part(0)).map_err(failed)?;
    form(call, 200, "", &String::from_utf8_lossy(&source), &workbook.digest, "")
}

/// `theirs` is what somebody else has written meanwhile.
fn form(call: &Call, status: u16, message: &str, source: &str, seen: &str, theirs: &str) -> Done {
    let id = call.part(0);
    let findings = parsed(&org::lint(source).map_err(failed)?);
    let theirs = if theirs.is_empty() {
        String::new()
    } else {
        format!(
            "<h2>What somebody else wrote</h2>\n<textarea readonly rows=\"16\" spellcheck=\"false\" aria-label=\"The other text\">\n{}</textarea>\n",
            escaped(theirs)
        )
    };
    let body = format!(
        "{}{}<form method=\"post\" action=\"/workbooks/{}/edit\" class=\"edit\">\n<label for=\"source\">Source</label>\n\
         <textarea id=\"source\" name=\"source\" rows=\"24\" spellcheck=\"false\" data-check>\n{}</textarea>\n\
         <input type=\"hidden\" name=\"seen\" value=\"{}\">\n<p><button name=\"do\" value=\"save\">Save</button> \
         <button name=\"do\" value=\"check\" class=\"quiet\">Check</button></p>\n</form>\n\
         <section aria-live=\"polite\" aria-label=\"Findings\" id=\"findings\">\n{}</section>\n{theirs}",
        tabs(id, "Edit"),
        if message.is_empty() { String::new() } else { says(message) },
        escaped(id),
        escaped(source),
        escaped(seen),
        list(&findings),
    );
    Ok(page(call, status, id, &body))
}

/// What was found, by line. The script of the pages makes the same.
fn list(findings: &Value) -> String {
    let line = |finding: &Value| {
        let text = |name: &str| escaped(finding[name].as_str().unwrap_or_default());
        let help = match text("help") {
            help if help.is_empty() => help,
            help => format!("<br>{help}"),
        };
        let place = |name: &str| finding["span"][name].as_u64().unwrap_or_default();
        format!(
            "<li class=\"{severity}\">{}:{} <strong>{severity}</strong> {} <code>{}</code>{help}</li>\n",
            place("line"),
            place("column"),
            text("message"),
            text("code"),
            severity = text("severity"),
        )
    };
    let lines: String = findings.as_array().into_iter().flatten().map(line).collect();
    if lines.is_empty() {
        "<p>Nothing is wrong with it.</p>\n".to_owned()
    } else {
        format!("<ul class=\"findings\">\n{lines}</ul>\n")
    }
}

/// Checks, or keeps what was written if nobody else has changed it since it was seen.
pub(super) fn send(call: &Call) -> Done {
    let sent = fields(&call.source);
    let (id, source, seen) = (call.part(0), field(&sent, "source"), field(&sent, "seen"));
    if field(&sent, "do") == "check" {
        return form(call, 200, "", source, seen, "");
    }
    match workbooks::put(id, source.as_bytes(), &Condition::Matches(vec![seen.to_owned()])) {
        Ok(_) => Ok(go(&format!("/workbooks/{id}/edit"))),
        Err(failure) if failure.kind == Kind::Conflict => {
            let (now, theirs) = workbooks::get(id).map_err(failed)?;
            let message =
                "somebody else has changed it since you began; yours is not kept yet. Save again to replace theirs";
            form(call, 409, message, source, &now.digest, &String::from_utf8_lossy(&theirs))
        }
        Err(failure) => Err(failed(failure)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::list;

    #[test]
    fn findings_are_text() {
        let html = list(&json!([{
            "code": "WB1", "severity": "error", "message": "<b>", "help": "write `&`", "span": { "line": 3, "column": 4 },
        }]));
        assert!(html.contains("3:4 <strong>error</strong> &lt;b&gt; <code>WB1</code><br>write `&amp;`"), "{html}");
        assert!(list(&json!([])).contains("Nothing is wrong"));
    }
}
