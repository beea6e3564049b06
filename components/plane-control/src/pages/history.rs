//! The changes of a workbook, and the way back to one.

use plane_http::answer::Answer;
use plane_http::text::escaped;

use super::layout::{page, tabs};
use super::{field, fields, go, moment};
use crate::host::wb::plane::workbooks::{self, Condition, Revision};
use crate::problem::{Done, failed};
use crate::table::Call;

/// Changes on a page.
const MANY: u32 = 50;

/// The changes, the latest first.
pub(super) fn show(call: &Call) -> Done {
    let id = call.part(0);
    let now = workbooks::head(id).map_err(failed)?;
    let items = workbooks::history(id, call.number("before"), MANY).map_err(failed)?;
    let id_html = escaped(id);
    let row = |item: &Revision| {
        let what = match &item.digest {
            None => "deleted".to_owned(),
            Some(_) if item.number == now.revision => "as it is now".to_owned(),
            Some(_) => format!(
                "<a href=\"/api/workbooks/{id_html}/org?revision={number}\">source</a> \
                 <form method=\"post\" action=\"/workbooks/{id_html}/restore\"><input type=\"hidden\" name=\"revision\" value=\"{number}\">\
                 <button class=\"quiet\">Restore</button></form>",
                number = item.number
            ),
        };
        let (made, author) = (moment(item.made), escaped(&item.author));
        format!("<tr><th scope=\"row\">{}</th><td>{made}</td><td>{author}</td><td>{what}</td></tr>\n", item.number)
    };
    let rows: String = items.iter().map(row).collect();
    let more = items.last().filter(|last| items.len() >= MANY as usize && last.number > 1);
    let more = more.map_or(String::new(), |last| format!("<p><a href=\"?before={}\">Earlier</a></p>\n", last.number));
    let body = format!(
        "{}<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">Change</th><th scope=\"col\">When (UTC)</th><th scope=\"col\">By</th>\
         <th scope=\"col\">What</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n{more}",
        tabs(id, "History")
    );
    Ok(page(call, 200, id, &body))
}

/// Makes an earlier source the present one.
pub(super) fn restore(call: &Call) -> Done {
    let sent = fields(&call.source);
    let number = field(&sent, "revision").parse().ok().filter(|number| *number > 0);
    let number = number.ok_or_else(|| Answer::problem(400, "bad_request", "which change to go back to is not said"))?;
    workbooks::restore(call.part(0), number, &Condition::Present).map_err(failed)?;
    Ok(go(&format!("/workbooks/{}/history", call.part(0))))
}
