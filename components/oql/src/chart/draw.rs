//! Charts with two axes: bars, lines, points and areas.

use super::name;
use super::scale::{Scale, number};
use super::spec::{Chart, Mark, Series};
use crate::svg::{N, Svg, short, width};

const WIDTH: f64 = 640.0;
const PLOT_HEIGHT: f64 = 260.0;
/// Points that are drawn of one series; a screen has no more.
const MAX_POINTS: usize = 1200;
/// Bars that can still be told apart.
const MAX_BARS: usize = 400;
/// Shapes up to this many have their numbers under the pointer.
const MAX_TITLES: usize = 300;

/// Where things are.
struct Frame {
    left: f64,
    top: f64,
    width: f64,
    x: Option<Scale>,
    y: Scale,
    /// Number of categories.
    bands: usize,
}

impl Frame {
    fn x(&self, x: f64) -> f64 {
        let part = match &self.x {
            Some(scale) => scale.place(x),
            None => (x + 0.5) / self.bands.max(1) as f64,
        };
        self.left + part * self.width
    }

    fn y(&self, y: f64) -> f64 {
        self.top + (1.0 - self.y.place(y)) * PLOT_HEIGHT
    }
}

/// The class of the colour of a series.
pub(super) fn colour(index: usize) -> String {
    format!("chart-s{}", index % 8 + 1)
}

pub(super) fn draw(chart: &Chart) -> Option<String> {
    let bands = chart.labels.as_ref().map_or(0, Vec::len);
    if chart.mark == Mark::Bar && bands.saturating_mul(chart.series.len()) > MAX_BARS {
        return None;
    }
    let xs = chart.series.iter().flat_map(|s| s.points.iter().map(|p| p.0));
    let x = if chart.labels.is_some() { None } else { Some(Scale::over(xs, false)?) };
    let bases = chart.bases();
    let tops = chart.series.iter().zip(&bases).flat_map(|(s, bases)| {
        s.points.iter().zip(bases).filter_map(|((_, y), base)| y.map(|y| y + base)).collect::<Vec<_>>()
    });
    let y = Scale::over(tops, matches!(chart.mark, Mark::Bar | Mark::Area))?;
    let ticks: Vec<(f64, String)> = y.ticks().into_iter().map(|t| (t, number(t))).collect();
    let widest = ticks.iter().map(|(_, t)| width(t)).fold(0.0, f64::max);
    let legend = legend(chart);
    let rows = legend.last().map_or(0.0, |(_, row, _)| row + 1.0);
    let left = widest + 14.0 + if chart.y_label.is_empty() { 0.0 } else { 20.0 };
    let top = 12.0 + if chart.title.is_empty() { 0.0 } else { 24.0 } + rows * 18.0;
    let height = top + PLOT_HEIGHT + 28.0 + if chart.x_label.is_empty() { 0.0 } else { 20.0 };
    let frame = Frame { left, top, width: WIDTH - left - 16.0, x, y, bands };

    let mut svg = Svg::new(WIDTH, height, "chart", &name(chart));
    svg.open("g", &[("font-size", &"12")]);
    headings(&mut svg, chart, &frame, height, &legend);
    grid(&mut svg, &frame, &ticks);
    x_axis(&mut svg, chart, &frame);
    for (i, series) in chart.series.iter().enumerate() {
        svg.open("g", &[("class", &colour(i))]);
        match chart.mark {
            Mark::Bar => bars(&mut svg, chart, &frame, i, series, bases.get(i).map_or(&[], Vec::as_slice)),
            Mark::Scatter => points(&mut svg, chart, &frame, series),
            _ => line(&mut svg, chart, &frame, series),
        }
        svg.close("g");
    }
    svg.close("g");
    Some(svg.finish())
}

/// Names of series with their places; one nameless series needs none.
fn legend(chart: &Chart) -> Vec<(String, f64, f64)> {
    if chart.series.len() == 1 && chart.series.first().is_some_and(|s| s.name.is_empty()) {
        return Vec::new();
    }
    let (mut x, mut row, mut out) = (16.0, 0.0, Vec::new());
    for (i, series) in chart.series.iter().enumerate() {
        let name = if series.name.is_empty() { format!("{}", i + 1) } else { short(&series.name, 30) };
        let wide = width(&name) + 30.0;
        if x + wide > WIDTH - 16.0 && x > 16.0 {
            x = 16.0;
            row += 1.0;
        }
        out.push((name, row, x));
        x += wide;
    }
    out
}

fn headings(svg: &mut Svg, chart: &Chart, frame: &Frame, height: f64, legend: &[(String, f64, f64)]) {
    if !chart.title.is_empty() {
        let more: [(&str, &dyn std::fmt::Display); 2] = [("font-size", &"15"), ("font-weight", &"600")];
        svg.text((WIDTH / 2.0, 22.0), "middle", &more, &short(&chart.title, 72));
    }
    if !chart.x_label.is_empty() {
        svg.text((frame.left + frame.width / 2.0, height - 8.0), "middle", &[], &short(&chart.x_label, 72));
    }
    if !chart.y_label.is_empty() {
        let at = (14.0, frame.top + PLOT_HEIGHT / 2.0);
        let turn = format!("rotate(-90 {} {})", N(at.0), N(at.1));
        svg.text(at, "middle", &[("transform", &turn)], &short(&chart.y_label, 36));
    }
    let above = if chart.title.is_empty() { 8.0 } else { 32.0 };
    for (i, (name, row, x)) in legend.iter().enumerate() {
        let y = above + row * 18.0;
        svg.tag(
            "rect",
            &[
                ("class", &colour(i)),
                ("x", &N(*x)),
                ("y", &N(y)),
                ("width", &"11"),
                ("height", &"11"),
                ("fill", &"currentColor"),
            ],
        );
        svg.text((x + 16.0, y + 10.0), "start", &[], name);
    }
}

fn rule(svg: &mut Svg, class: &str, from: (f64, f64), to: (f64, f64)) {
    svg.tag(
        "line",
        &[
            ("class", &class),
            ("x1", &N(from.0)),
            ("y1", &N(from.1)),
            ("x2", &N(to.0)),
            ("y2", &N(to.1)),
            ("stroke", &"currentColor"),
            ("stroke-opacity", if class == "chart-grid" { &"0.15" } else { &"0.6" }),
        ],
    );
}

fn grid(svg: &mut Svg, frame: &Frame, ticks: &[(f64, String)]) {
    for (value, text) in ticks {
        let y = frame.y(*value);
        rule(svg, "chart-grid", (frame.left, y), (frame.left + frame.width, y));
        svg.text((frame.left - 6.0, y + 4.0), "end", &[], text);
    }
    // The axis is where zero is, if zero is in sight.
    let y = frame.y(0f64.clamp(frame.y.low, frame.y.high));
    rule(svg, "chart-axis", (frame.left, y), (frame.left + frame.width, y));
}

fn x_axis(svg: &mut Svg, chart: &Chart, frame: &Frame) {
    let y = frame.top + PLOT_HEIGHT;
    if let Some(scale) = &frame.x {
        for tick in scale.ticks() {
            let x = frame.x(tick);
            rule(svg, "chart-grid", (x, frame.top), (x, y));
            svg.text((x, y + 17.0), "middle", &[], &number(tick));
        }
        return;
    }
    let labels: Vec<String> = chart.labels.iter().flatten().take(100_000).map(|l| short(l, 14)).collect();
    let widest = labels.iter().map(|l| width(l)).fold(8.0, f64::max) + 8.0;
    let fit = (frame.width / widest).floor().max(1.0) as usize;
    let every = frame.bands.div_ceil(fit).max(1);
    for (i, label) in labels.iter().enumerate().step_by(every) {
        svg.text((frame.x(i as f64), y + 17.0), "middle", &[], label);
    }
}

fn bars(svg: &mut Svg, chart: &Chart, frame: &Frame, index: usize, series: &Series, bases: &[f64]) {
    let band = frame.width / frame.bands.max(1) as f64;
    let (beside, index) = if chart.stacked { (1, 0) } else { (chart.series.len().max(1), index) };
    let wide = (band * 0.8 / beside as f64).min(80.0);
    let from = -wide * beside as f64 / 2.0 + wide * index as f64;
    for ((x, y), base) in series.points.iter().zip(bases).take(MAX_BARS) {
        let Some(value) = *y else { continue };
        let (y, zero) = (frame.y(base + value), frame.y(*base));
        svg.titled(
            "rect",
            &[
                ("x", &N(frame.x(*x) + from)),
                ("y", &N(y.min(zero))),
                ("width", &N((wide - 1.0).max(0.5))),
                ("height", &N((zero - y).abs())),
                ("fill", &"currentColor"),
            ],
            &told(chart, series, *x, value),
        );
    }
}

/// What stands under the pointer.
fn told(chart: &Chart, series: &Series, x: f64, y: f64) -> String {
    let name = if series.name.is_empty() { String::new() } else { format!("{}, ", short(&series.name, 60)) };
    format!("{name}{}: {}", short(&chart.x(x), 60), number(y))
}

fn points(svg: &mut Svg, chart: &Chart, frame: &Frame, series: &Series) {
    let every = series.points.len().div_ceil(MAX_POINTS).max(1);
    let told_all = series.points.len() <= MAX_TITLES;
    for (x, y) in series.points.iter().step_by(every) {
        let Some(value) = *y else { continue };
        let (cx, cy) = (N(frame.x(*x)), N(frame.y(value)));
        let dot: [(&str, &dyn std::fmt::Display); 5] =
            [("cx", &cx), ("cy", &cy), ("r", &"3.5"), ("fill", &"currentColor"), ("fill-opacity", &"0.75")];
        if told_all {
            svg.titled("circle", &dot, &told(chart, series, *x, value));
        } else {
            svg.tag("circle", &dot);
        }
    }
}

/// A line with gaps where there is no number, filled down to zero in an area chart.
fn line(svg: &mut Svg, chart: &Chart, frame: &Frame, series: &Series) {
    let kept = thinned(&series.points);
    let zero = frame.y(0f64.clamp(frame.y.low, frame.y.high));
    for run in kept.split(|(_, y)| y.is_none()).filter(|run| !run.is_empty()) {
        let places: Vec<(f64, f64)> = run.iter().map(|(x, y)| (frame.x(*x), frame.y(y.unwrap_or(0.0)))).collect();
        let path: String = places.iter().map(|(x, y)| format!("{},{} ", N(*x), N(*y))).collect();
        let (Some(first), Some(last)) = (places.first(), places.last()) else { continue };
        if chart.mark == Mark::Area {
            let closed = format!("{path}{},{} {},{}", N(last.0), N(zero), N(first.0), N(zero));
            svg.tag("polygon", &[("points", &closed), ("fill", &"currentColor"), ("fill-opacity", &"0.25")]);
        }
        let look: [(&str, &dyn std::fmt::Display); 4] =
            [("points", &path.trim_end()), ("fill", &"none"), ("stroke", &"currentColor"), ("stroke-width", &"2")];
        svg.tag("polyline", &look);
        if places.len() == 1 {
            svg.tag("circle", &[("cx", &N(first.0)), ("cy", &N(first.1)), ("r", &"3"), ("fill", &"currentColor")]);
        }
    }
    if series.points.len() <= 40 {
        points(svg, chart, frame, series);
    }
}

/// Of many points, the lowest and the highest of each stretch, so that no peak is lost.
fn thinned(points: &[(f64, Option<f64>)]) -> Vec<(f64, Option<f64>)> {
    if points.len() <= MAX_POINTS {
        return points.to_vec();
    }
    let mut out = Vec::with_capacity(MAX_POINTS + 2);
    for stretch in points.chunks(points.len().div_ceil(MAX_POINTS / 2).max(1)) {
        let numbers = || stretch.iter().enumerate().filter_map(|(i, p)| p.1.map(|y| (i, y)));
        let low = numbers().min_by(|a, b| a.1.total_cmp(&b.1));
        let high = numbers().max_by(|a, b| a.1.total_cmp(&b.1));
        let mut kept: Vec<usize> = [low, high].into_iter().flatten().map(|(i, _)| i).collect();
        if kept.is_empty() {
            kept.push(0);
        }
        kept.sort_unstable();
        kept.dedup();
        out.extend(kept.into_iter().filter_map(|i| stretch.get(i).copied()));
    }
    out
}
