//! Tables.

use std::ops::Range;

use super::html::{attribute, escape_into};
use super::{PageCtx, inline};
use crate::syntax::table::{Row, rows};

/// Writes the table at an element: everything above the first inner rule is its head.
pub(crate) fn table(ctx: &mut PageCtx, span: &Range<usize>, id: Option<&str>, caption: Option<&str>) {
    let rows = trimmed(rows(ctx.document.text(), span));
    let head = rows.iter().position(|r| *r == Row::Rule).unwrap_or(0);
    ctx.out.push_str("<table");
    if let Some(id) = id {
        attribute(&mut ctx.out, "id", id);
    }
    ctx.out.push_str(">\n");
    if let Some(caption) = caption {
        ctx.out.push_str("<caption>");
        inline::inline(ctx, caption);
        ctx.out.push_str("</caption>\n");
    }
    if head > 0 {
        ctx.out.push_str("<thead>\n");
        rows[..head].iter().for_each(|row| cells(ctx, row, true));
        ctx.out.push_str("</thead>\n");
    }
    let body = if head > 0 { &rows[head + 1..] } else { &rows[..] };
    for group in body.split(|r| *r == Row::Rule).filter(|g| !g.is_empty()) {
        ctx.out.push_str("<tbody>\n");
        group.iter().for_each(|row| cells(ctx, row, false));
        ctx.out.push_str("</tbody>\n");
    }
    ctx.out.push_str("</table>\n");
}

/// Rules at both ends are lines around the table, not parts of it; one that has nothing below it makes no head.
fn trimmed(rows: Vec<Row>) -> Vec<Row> {
    let start = rows.iter().position(|r| *r != Row::Rule).unwrap_or(rows.len());
    let end = rows.iter().rposition(|r| *r != Row::Rule).map_or(start, |i| i + 1);
    rows.into_iter().take(end).skip(start).collect()
}

fn cells(ctx: &mut PageCtx, row: &Row, head: bool) {
    let Row::Cells(cells) = row else { return };
    ctx.out.push_str("<tr>");
    for cell in cells {
        ctx.out.push_str(if head { "<th scope=\"col\">" } else { "<td>" });
        let text = ctx.document.slice(cell);
        if text.len() > 64 * 1024 {
            escape_into(&mut ctx.out, text)
        } else {
            inline::inline(ctx, text)
        }
        ctx.out.push_str(if head { "</th>" } else { "</td>" });
    }
    ctx.out.push_str("</tr>\n");
}
