//! Charts: a result that says it is one becomes a picture with its numbers as a table below.
//!
//! `spec` reads, `scale` makes round steps, `draw` and `pie` draw, this file puts the figure together. No script, no
//! style attribute, no id; series have their colours from the page's style sheet.

mod draw;
mod pie;
mod scale;
mod spec;

use serde_json::Value;

use crate::export::html::escape_into;
use scale::number;
use spec::{Chart, Mark};

/// Rows of the table below; the picture has all points.
const MAX_ROWS: usize = 200;

/// The figure of a result or a Vega-Lite text; `None` where it is no chart.
pub(crate) fn svg(text: &str) -> Option<String> {
    // Most results are none: do not read a megabyte of numbers twice.
    if !text.trim_start().starts_with('{') {
        return None;
    }
    figure(&serde_json::from_str(text).ok()?)
}

fn figure(value: &Value) -> Option<String> {
    let chart = spec::read(value)?;
    let picture = if chart.mark == Mark::Pie { pie::draw(&chart)? } else { draw::draw(&chart)? };
    let mut out = format!("<figure class=\"chart\">\n{picture}<details>\n<summary>Data</summary>\n");
    table(&mut out, &chart);
    out.push_str("</details>\n</figure>\n");
    Some(out)
}

/// What the picture is called.
fn name(chart: &Chart) -> String {
    match (chart.title.is_empty(), chart.y_label.is_empty()) {
        (false, _) => format!("{}: {}", chart.mark.word(), chart.title),
        (true, false) => format!("{}: {}", chart.mark.word(), chart.y_label),
        _ => chart.mark.word().to_owned(),
    }
}

fn or<'t>(text: &'t str, other: &'t str) -> &'t str {
    if text.is_empty() { other } else { text }
}

fn row<'t>(out: &mut String, tag: &str, cells: impl Iterator<Item = &'t str>) {
    out.push_str("<tr>");
    for cell in cells {
        out.push_str(&format!("<{tag}>"));
        escape_into(out, cell);
        out.push_str(&format!("</{}>", tag.split(' ').next().unwrap_or(tag)));
    }
    out.push_str("</tr>\n");
}

/// One row for each `x` where all series share it, else one for each point.
fn table(out: &mut String, chart: &Chart) {
    let show = |y: Option<f64>| y.map_or_else(String::new, number);
    let Some(first) = chart.series.first() else { return };
    let shared = chart
        .series
        .iter()
        .all(|s| s.points.len() == first.points.len() && s.points.iter().zip(&first.points).all(|(a, b)| a.0 == b.0));
    let (x, y) = (or(&chart.x_label, "x"), or(&chart.y_label, "y"));
    out.push_str("<table>\n<thead>\n");
    let total;
    if shared {
        total = first.points.len();
        row(out, "th scope=\"col\"", std::iter::once(x).chain(chart.series.iter().map(|s| or(&s.name, y))));
        out.push_str("</thead>\n<tbody>\n");
        for (i, point) in first.points.iter().enumerate().take(MAX_ROWS) {
            let ys = chart.series.iter().map(|s| show(s.points.get(i).and_then(|p| p.1)));
            let cells: Vec<String> = std::iter::once(chart.x(point.0)).chain(ys).collect();
            row(out, "td", cells.iter().map(String::as_str));
        }
    } else {
        total = chart.series.iter().map(|s| s.points.len()).sum();
        row(out, "th scope=\"col\"", [x, "series", y].into_iter());
        out.push_str("</thead>\n<tbody>\n");
        let points = chart.series.iter().flat_map(|s| s.points.iter().map(move |p| (s, p)));
        for (series, point) in points.take(MAX_ROWS) {
            let cells = [chart.x(point.0), series.name.clone(), show(point.1)];
            row(out, "td", cells.iter().map(String::as_str));
        }
    }
    out.push_str("</tbody>\n</table>\n");
    if total > MAX_ROWS {
        out.push_str(&format!("<p>… and {} more</p>\n", total - MAX_ROWS));
    }
}

#[cfg(test)]
mod tests;
