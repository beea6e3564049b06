//! What a chart is, read from a result (`{"chart": "bar", "x": …, "y": …}`) or from a small part of Vega-Lite.
//!
//! What is not understood as a whole is no chart: half of one would mislead.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::scale::number;

/// Numbers beyond this are left out, so that sums and ranges stay finite.
const LARGEST: f64 = 1e300;
/// Series and categories of a chart that can still be read.
const MAX_SERIES: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Bar,
    Line,
    Scatter,
    Area,
    Pie,
}

impl Mark {
    fn of(word: &str) -> Option<Mark> {
        Some(match word {
            "bar" => Mark::Bar,
            "line" => Mark::Line,
            "scatter" | "point" | "circle" => Mark::Scatter,
            "area" => Mark::Area,
            "pie" | "arc" => Mark::Pie,
            _ => return None,
        })
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Mark::Bar => "Bar chart",
            Mark::Line => "Line chart",
            Mark::Scatter => "Scatter plot",
            Mark::Area => "Area chart",
            Mark::Pie => "Pie chart",
        }
    }
}

/// Points in order; `x` is a number or the index of a label, a `y` that is no number is a gap.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, Option<f64>)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chart {
    pub(crate) mark: Mark,
    pub(crate) title: String,
    pub(crate) x_label: String,
    pub(crate) y_label: String,
    /// The categories, where `x` is not an axis of numbers.
    pub(crate) labels: Option<Vec<String>>,
    pub(crate) series: Vec<Series>,
    /// Bars of one category stand on each other rather than beside.
    pub(crate) stacked: bool,
}

impl Chart {
    /// How an `x` is written.
    pub(crate) fn x(&self, x: f64) -> String {
        match &self.labels {
            Some(labels) => labels.get(x as usize).cloned().unwrap_or_default(),
            None => number(x),
        }
    }

    /// What every point of every series stands on: zero, or the points below it; those below zero hang on each other.
    pub(crate) fn bases(&self) -> Vec<Vec<f64>> {
        let mut ends: HashMap<u64, [f64; 2]> = HashMap::new();
        let mut base = |(x, y): &(f64, Option<f64>)| {
            let y = y.filter(|_| self.stacked).unwrap_or(0.0);
            let end = ends.entry(x.to_bits()).or_default().get_mut(usize::from(y < 0.0))?;
            let base = *end;
            *end += y;
            Some(base)
        };
        let mut of = |s: &Series| s.points.iter().map(|point| base(point).unwrap_or(0.0)).collect();
        self.series.iter().map(&mut of).collect()
    }

    /// The numbers that are there.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = f64> + '_ {
        self.series.iter().flat_map(|s| s.points.iter().filter_map(|(_, y)| *y))
    }
}

/// Reads either form.
pub(crate) fn read(value: &Value) -> Option<Chart> {
    let map = value.as_object()?;
    let chart = if map.contains_key("chart") { own(map) } else { vega_lite(map) }?;
    let drawable = chart.numbers().next().is_some() && chart.series.len() <= MAX_SERIES;
    drawable.then_some(chart)
}

/// A number of a chart; what JSON cannot say is a gap, text that is no number is no value at all.
fn measure(value: &Value) -> Option<Option<f64>> {
    match value {
        Value::Number(n) => Some(n.as_f64().filter(|v| v.abs() <= LARGEST)),
        Value::Null => Some(None),
        Value::String(s) if matches!(s.as_str(), "NaN" | "Infinity" | "-Infinity") => Some(None),
        _ => None,
    }
}

fn measures(value: &Value) -> Option<Vec<Option<f64>>> {
    value.as_array()?.iter().map(measure).collect()
}

/// The text of a category.
fn label(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.as_f64().map_or_else(|| n.to_string(), number)),
        Value::Bool(b) => Some(b.to_string()),
        Value::Null => Some(String::new()),
        _ => None,
    }
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or("").trim().to_owned()
}

fn own(map: &Map<String, Value>) -> Option<Chart> {
    let mark = Mark::of(map.get("chart")?.as_str()?)?;
    let mut columns: Vec<(String, Vec<Option<f64>>)> = Vec::new();
    match (map.get("y"), map.get("series")) {
        (Some(y), None) => columns.push((String::new(), measures(y)?)),
        (None, Some(series)) => {
            for one in series.as_array()?.iter().take(MAX_SERIES + 1) {
                columns.push((text(one.get("name")), measures(one.get("y")?)?));
            }
        }
        _ => return None,
    }
    let count = columns.first()?.1.len();
    let (xs, labels) = match map.get("x") {
        Some(x) => axis(mark, x.as_array()?)?,
        None => axis(mark, &(1..=count).map(Value::from).collect::<Vec<_>>())?,
    };
    if columns.iter().any(|(_, y)| y.len() != xs.len()) {
        return None;
    }
    let series =
        columns.into_iter().map(|(name, y)| Series { name, points: xs.iter().copied().zip(y).collect() }).collect();
    Some(Chart {
        mark,
        title: text(map.get("title")),
        x_label: text(map.get("xlabel")),
        y_label: text(map.get("ylabel")),
        labels,
        series,
        stacked: false,
    })
}

/// The `x` of all points, and the labels unless it is an axis of numbers.
fn axis(mark: Mark, values: &[Value]) -> Option<(Vec<f64>, Option<Vec<String>>)> {
    let numeric = !matches!(mark, Mark::Bar | Mark::Pie);
    let numbers: Option<Vec<f64>> = values.iter().map(|v| v.as_f64().filter(|v| v.abs() <= LARGEST)).collect();
    if let (true, Some(numbers)) = (numeric, numbers) {
        return Some((numbers, None));
    }
    let labels: Option<Vec<String>> = values.iter().map(label).collect();
    Some(((0..values.len()).map(|i| i as f64).collect(), Some(labels?)))
}

/// `mark`, values in the text itself, and plain fields on `x`, `y` and `color`; anything more is not understood.
fn vega_lite(map: &Map<String, Value>) -> Option<Chart> {
    const MORE: [&str; 8] = ["transform", "layer", "hconcat", "vconcat", "concat", "facet", "repeat", "params"];
    if MORE.iter().any(|key| map.contains_key(*key)) {
        return None;
    }
    let mark = map.get("mark")?;
    let mark = Mark::of(mark.as_str().or_else(|| mark.get("type")?.as_str())?).filter(|m| *m != Mark::Pie)?;
    let rows = map.get("data")?.get("values")?.as_array()?;
    let channel = |name: &str| {
        let channel = map.get("encoding")?.get(name)?;
        let plain = ["aggregate", "bin", "timeUnit", "stack"].iter().all(|key| channel.get(*key).is_none());
        let field = channel.get("field")?.as_str().filter(|_| plain)?;
        let title = channel.get("title").or_else(|| channel.get("axis")?.get("title"));
        Some((field, title.and_then(Value::as_str).unwrap_or(field).to_owned()))
    };
    let ((x, x_label), (y, y_label)) = (channel("x")?, channel("y")?);
    let encoding = map.get("encoding")?.as_object()?;
    let color = if encoding.contains_key("color") { Some(channel("color")?.0) } else { None };
    let kept: Vec<&Value> = rows.iter().filter(|r| r.get(x).is_some() && r.get(y).is_some()).collect();
    let xs: Vec<Value> = kept.iter().filter_map(|r| r.get(x).cloned()).collect();
    let (places, labels) = axis(mark, &xs)?;
    let (places, labels) = match labels {
        Some(labels) => merged(labels),
        None => (places, None),
    };
    let mut series: Vec<Series> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (row, x) in kept.iter().zip(places) {
        let name = match color {
            Some(field) => label(row.get(field).unwrap_or(&Value::Null))?,
            None => String::new(),
        };
        let at = *known.entry(name.clone()).or_insert_with(|| {
            series.push(Series { name, points: Vec::new() });
            series.len() - 1
        });
        series.get_mut(at)?.points.push((x, measure(row.get(y)?)?));
    }
    // A line goes from left to right, as Vega-Lite draws it.
    if labels.is_none() && matches!(mark, Mark::Line | Mark::Area) {
        series.iter_mut().for_each(|s| s.points.sort_by(|a, b| a.0.total_cmp(&b.0)));
    }
    let title = map.get("title").map(|t| t.get("text").unwrap_or(t));
    // As Vega-Lite does where nothing sets them apart.
    let stacked = mark == Mark::Bar && color.is_some() && !encoding.contains_key("xOffset");
    Some(Chart { mark, title: text(title), x_label, y_label, labels, series, stacked })
}

/// Equal labels are one category.
fn merged(labels: Vec<String>) -> (Vec<f64>, Option<Vec<String>>) {
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<String> = Vec::new();
    let mut places = Vec::with_capacity(labels.len());
    for label in labels {
        let at = *known.entry(label.clone()).or_insert_with(|| {
            all.push(label);
            all.len() - 1
        });
        places.push(at as f64);
    }
    (places, Some(all))
}
