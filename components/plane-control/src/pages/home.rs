//! The list of workbooks, and a new one.

use plane_http::text::escaped;

use super::layout::page;
use super::{field, fields, go, moment};
use crate::host::wb::plane::workbooks::{self, Condition};
use crate::problem::{Done, unless};
use crate::shapes::ID;
use crate::table::Call;
use plane_http::answer::Answer;

/// Workbooks on a page.
const MANY: u32 = 100;

/// What a new workbook begins with.
const FIRST: &str = "\
#+title: New workbook

* Hello
:PROPERTIES:
:WORKBOOK_VERSION: 1
:export: greeting
:END:

** Greet
:PROPERTIES:
:in: name=world
:out: greeting
:END:

#+begin_src javascript
export const greet = (name) => `hello, ${name}!`;
#+end_src
";

/// The list.
pub(super) fn list(call: &Call) -> Done {
    let items = workbooks::list(call.param("after").unwrap_or(""), MANY).map_err(crate::problem::failed)?;
    let row = |item: &workbooks::Workbook| {
        format!(
            "<tr><th scope=\"row\"><a href=\"/workbooks/{id}\">{id}</a></th><td>{}</td><td>{}</td><td class=\"number\">{} B</td></tr>\n",
            moment(item.changed),
            item.revision,
            item.size,
            id = escaped(&item.id),
        )
    };
    let rows: String = items.iter().map(row).collect();
    let table = if items.is_empty() {
        "<p>There is no workbook yet.</p>\n".to_owned()
    } else {
        format!(
            "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">Workbook</th><th scope=\"col\">Changed (UTC)</th>\
             <th scope=\"col\">Changes</th><th scope=\"col\">Size</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
        )
    };
    let more = items.last().filter(|_| items.len() >= MANY as usize);
    let more =
        more.map_or(String::new(), |last| format!("<p><a href=\"/?after={}\">More</a></p>\n", escaped(&last.id)));
    let form = "<form method=\"post\" action=\"/\" class=\"line\">\n<label for=\"id\">New workbook</label>\n\
                <input id=\"id\" name=\"id\" required maxlength=\"128\" spellcheck=\"false\" autocapitalize=\"none\">\n\
                <button>Make</button>\n</form>\n";
    Ok(page(call, 200, "Workbooks", &format!("{table}{more}{form}")))
}

/// A new one.
pub(super) fn create(call: &Call) -> Done {
    let sent = fields(&call.source);
    let id = field(&sent, "id").trim();
    if let Err(what) = ID.check_text(id) {
        return Err(Answer::problem(400, "bad_request", &format!("`{id}`: {what}")));
    }
    workbooks::put(id, FIRST.as_bytes(), &Condition::Absent).map_err(unless(true))?;
    Ok(go(&format!("/workbooks/{id}/edit")))
}
