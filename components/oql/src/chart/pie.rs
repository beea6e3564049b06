//! Pie charts: one series of numbers that are not negative.

use std::f64::consts::TAU;

use super::draw::colour;
use super::name;
use super::scale::number;
use super::spec::Chart;
use crate::svg::{N, Svg, short};

/// Slices that can still be told apart.
const MAX_SLICES: usize = 24;
const RADIUS: f64 = 120.0;

pub(super) fn draw(chart: &Chart) -> Option<String> {
    let [series] = chart.series.as_slice() else { return None };
    let slices: Vec<(f64, f64)> = series.points.iter().filter_map(|(x, y)| y.map(|y| (*x, y))).collect();
    let total: f64 = slices.iter().map(|s| s.1).sum();
    let drawable = slices.iter().all(|s| s.1 >= 0.0) && slices.len() <= MAX_SLICES && total > 0.0 && total.is_finite();
    if !drawable {
        return None;
    }
    let top = if chart.title.is_empty() { 12.0 } else { 40.0 };
    let height = top + (2.0 * RADIUS).max(slices.len() as f64 * 20.0) + 12.0;
    let (cx, cy) = (160.0, top + RADIUS);
    let mut svg = Svg::new(640.0, height, "chart", &name(chart));
    svg.open("g", &[("font-size", &"12")]);
    if !chart.title.is_empty() {
        let more: [(&str, &dyn std::fmt::Display); 2] = [("font-size", &"15"), ("font-weight", &"600")];
        svg.text((320.0, 22.0), "middle", &more, &short(&chart.title, 72));
    }
    let mut before = 0.0;
    for (i, (x, value)) in slices.iter().enumerate() {
        let part = value / total;
        let told =
            format!("{}: {} ({} %)", short(&chart.x(*x), 40), number(*value), number((part * 1000.0).round() / 10.0));
        let class = colour(i);
        if part > 0.9999 {
            let whole: [(&str, &dyn std::fmt::Display); 5] =
                [("class", &class), ("cx", &N(cx)), ("cy", &N(cy)), ("r", &N(RADIUS)), ("fill", &"currentColor")];
            svg.titled("circle", &whole, &told);
        } else if part > 0.0 {
            let at = |turn: f64| (N(cx + RADIUS * (turn * TAU).sin()), N(cy - RADIUS * (turn * TAU).cos()));
            let ((x1, y1), (x2, y2)) = (at(before), at(before + part));
            let large = u8::from(part > 0.5);
            let d = format!("M{},{} L{x1},{y1} A{RADIUS},{RADIUS} 0 {large} 1 {x2},{y2} Z", N(cx), N(cy));
            svg.titled("path", &[("class", &class), ("d", &d), ("fill", &"currentColor")], &told);
        }
        before += part;
        let y = top + i as f64 * 20.0;
        svg.tag(
            "rect",
            &[
                ("class", &class),
                ("x", &"320"),
                ("y", &N(y)),
                ("width", &"11"),
                ("height", &"11"),
                ("fill", &"currentColor"),
            ],
        );
        svg.text((337.0, y + 10.0), "start", &[], &told);
    }
    svg.close("g");
    Some(svg.finish())
}
