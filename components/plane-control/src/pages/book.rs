//! A workbook's page: a form for its inputs, what it says, and its graph.

use plane_http::text::{escaped, parsed};
use serde_json::Value;

use super::layout::{page, says, tabs};
use super::{fields, go};
use crate::host::wb::plane::runs::{self, Refusal};
use crate::host::wb::plane::{org, workbooks};
use crate::problem::{Done, failed};
use crate::table::Call;

/// Values longer than this get more than one line.
const LINE: usize = 60;

/// The page.
pub(super) fn show(call: &Call) -> Done {
    shown(call, 200, "", &[])
}

fn shown(call: &Call, status: u16, message: &str, sent: &[(String, String)]) -> Done {
    let id = call.part(0);
    let (_, source) = workbooks::get(id).map_err(failed)?;
    let plan = parsed(&org::plan(&String::from_utf8_lossy(&source)).map_err(failed)?);
    let runs = runs::list(Some(id), None, 5).map_err(failed)?;
    let last: String = runs
        .iter()
        .map(|run| {
            let state = escaped(&run.state);
            format!(
                "<li><a href=\"/runs/{}\">{}</a> <span class=\"state {state}\">{state}</span></li>\n",
                escaped(&run.id),
                super::moment(run.queued)
            )
        })
        .collect();
    let last = if last.is_empty() {
        String::new()
    } else {
        format!("<h2>Latest runs</h2>\n<ul class=\"runs\">\n{last}</ul>\n")
    };
    let id_html = escaped(id);
    let body = format!(
        "{}{}{}<h2>What it says</h2>\n<iframe class=\"book\" title=\"{id_html}\" sandbox src=\"/api/workbooks/{id_html}/html\"></iframe>\n{last}",
        tabs(id, "Page"),
        if message.is_empty() { String::new() } else { says(message) },
        form(id, &plan["imports"], sent),
    );
    Ok(page(call, status, id, &body))
}

/// A form with a field for each input; a button where there is none.
fn form(id: &str, imports: &Value, sent: &[(String, String)]) -> String {
    let fields: String = imports.as_array().into_iter().flatten().map(|import| input(import, sent)).collect();
    format!(
        "<form method=\"post\" action=\"/workbooks/{}/run\" class=\"stack\">\n{fields}<button>Run</button>\n</form>\n",
        escaped(id)
    )
}

fn input(import: &Value, sent: &[(String, String)]) -> String {
    let (name, ty) = (import["name"].as_str().unwrap_or_default(), import["type"].as_str().unwrap_or("json"));
    let value = sent.iter().find(|(known, _)| *known == format!("in:{name}")).map_or("", |(_, value)| value);
    let usual = import["default"].as_str().unwrap_or_default();
    let (name, ty, usual) = (escaped(name), escaped(ty), escaped(usual));
    let control = if value.contains('\n') || value.len() > LINE || ty.starts_with("list") || ty.starts_with("record") {
        format!(
            "<textarea id=\"in-{name}\" name=\"in:{name}\" rows=\"4\" spellcheck=\"false\" placeholder=\"{usual}\">\n{}</textarea>",
            escaped(value)
        )
    } else {
        format!("<input id=\"in-{name}\" name=\"in:{name}\" value=\"{}\" placeholder=\"{usual}\">", escaped(value))
    };
    format!("<label for=\"in-{name}\">{name} <span class=\"type\">{ty}</span></label>\n{control}\n")
}

/// What was typed as JSON, by the type of the input. An empty field was left out.
fn given(imports: &Value, sent: &[(String, String)]) -> Vec<(String, String)> {
    let of = |import: &Value| {
        let name = import["name"].as_str()?;
        let ty = import["type"].as_str().unwrap_or("json");
        let value = sent.iter().find(|(known, _)| *known == format!("in:{name}")).map(|(_, value)| value)?;
        if value.is_empty() {
            return None;
        }
        let text = || Value::String(value.clone()).to_string();
        let is_text = matches!(ty, "string" | "char");
        let json = serde_json::from_str::<Value>(value).map_or_else(|_| text(), |json| json.to_string());
        Some((name.to_owned(), if is_text { text() } else { json }))
    };
    imports.as_array().into_iter().flatten().filter_map(of).collect()
}

/// Queues a run and goes to its page.
pub(super) fn run(call: &Call) -> Done {
    let sent = fields(&call.source);
    let (workbook, source) = workbooks::get(call.part(0)).map_err(failed)?;
    let plan = parsed(&org::plan(&String::from_utf8_lossy(&source)).map_err(failed)?);
    match runs::start(&workbook.id, &workbook.digest, &given(&plan["imports"], &sent)) {
        Ok(run) => Ok(go(&format!("/runs/{}", run.id))),
        Err(Refusal::Unknown(what)) => shown(call, 400, &what, &sent),
        Err(Refusal::Missing(names)) => shown(call, 400, &format!("no value for {}", names.join(", ")), &sent),
        Err(Refusal::Invalid(_)) => {
            shown(call, 422, "the workbook has errors, so nothing was run; Edit shows them", &sent)
        }
        Err(Refusal::Failed(failure)) => Err(failed(failure)),
    }
}

/// The graph.
pub(super) fn graph(call: &Call) -> Done {
    let id = call.part(0);
    workbooks::head(id).map_err(failed)?;
    let id_html = escaped(id);
    let body = format!(
        "{}<p class=\"wide\"><img alt=\"The components of {id_html} and how they are linked\" src=\"/api/workbooks/{id_html}/graph.svg\"></p>\n",
        tabs(id, "Graph")
    );
    Ok(page(call, 200, id, &body))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_typed_becomes_json_by_its_type() {
        let imports = json!([
            { "name": "a", "type": "string" }, { "name": "n", "type": "s32", "default": "2" },
            { "name": "xs", "type": "list<f64>" }, { "name": "j", "type": "json" }, { "name": "left", "type": "s32" },
        ]);
        let sent =
            [("in:a", "42"), ("in:n", "7"), ("in:xs", "[1, 2]"), ("in:j", "no json"), ("in:left", ""), ("in:zz", "1")];
        let sent = sent.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let expected = [("a", "\"42\""), ("n", "7"), ("xs", "[1,2]"), ("j", "\"no json\"")];
        assert_eq!(given(&imports, &sent), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let html = form("b", &json!([{ "name": "\"><script>", "type": "s32", "default": "<2>" }]), &[]);
        assert!(!html.contains("<script") && html.contains("placeholder=\"&lt;2&gt;\""), "{html}");
    }
}
