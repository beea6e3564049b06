//! What becomes a chart, what does not, and that every one is inert.

use serde_json::json;

use super::*;
use crate::exercise::inert::inert;

fn drawn(value: &Value) -> String {
    let html = svg(&value.to_string()).unwrap_or_else(|| panic!("no chart: {value}"));
    assert_eq!(inert(&html), Ok(()), "{html}");
    html
}

fn count(html: &str, part: &str) -> usize {
    html.matches(part).count()
}

#[test]
fn bars() {
    let html = drawn(&json!({ "chart": "bar", "title": "A < B", "x": ["a", "b"], "y": [1, -2.5], "ylabel": "n" }));
    assert_eq!(count(&html, "<rect"), 2);
    assert!(html.contains("aria-label=\"Bar chart: A &lt; B\"") && html.contains("<title>b: −2.5</title>"), "{html}");
    assert!(html.contains("<tr><td>b</td><td>−2.5</td></tr>"), "{html}");
}

#[test]
fn series_have_colours_and_a_legend() {
    let series = [json!({ "name": "one", "y": [1, 2] }), json!({ "name": "two", "y": [2, null] })];
    let html = drawn(&json!({ "chart": "line", "x": [1, 2], "series": series }));
    assert!(html.contains("chart-s1") && html.contains("chart-s2") && !html.contains("chart-s3"), "{html}");
    assert!(html.contains(">two</text>") && html.contains("<th scope=\"col\">two</th>"), "{html}");
    assert_eq!((count(&html, "<polyline"), count(&html, "<td></td>")), (2, 1));
}

#[test]
fn all_marks_are_drawn() {
    for (mark, part) in [("scatter", "<circle"), ("area", "<polygon"), ("pie", "<path"), ("line", "<polyline")] {
        let html = drawn(&json!({ "chart": mark, "x": ["a", "b", "c"], "y": [1, 2, 3] }));
        assert!(html.contains(part), "{html}");
    }
}

#[test]
fn vega_lite() {
    let values = [
        json!({ "k": "a", "v": 1, "s": "x" }),
        json!({ "k": "b", "v": 2, "s": "x" }),
        json!({ "k": "a", "v": 3, "s": "y" }),
    ];
    let mut spec = json!({ "mark": "bar", "data": { "values": values },
        "encoding": { "x": { "field": "k" }, "y": { "field": "v", "title": "V" }, "color": { "field": "s" } } });
    let html = drawn(&spec);
    assert_eq!(count(&html, "<title>x, "), 2, "{html}");
    assert!(html.contains("<tr><td>a</td><td>y</td><td>3</td></tr>") && html.contains(">V</text>"), "{html}");
    // One on the other: as wide as the only one of its category, and its foot where the first one ends.
    let bars: Vec<&str> = html.split("<rect").filter(|rect| rect.contains("<title>")).collect();
    let number = |bar: &str, name: &str| -> f64 {
        bar.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
    };
    let of = |told: &str| *bars.iter().find(|bar| bar.contains(told)).unwrap();
    let (below, above, alone) = (of("<title>x, a"), of("<title>y, a"), of("<title>x, b"));
    assert_eq!(number(below, "width"), number(alone, "width"));
    assert_eq!(number(below, "x"), number(above, "x"));
    assert!((number(above, "y") + number(above, "height") - number(below, "y")).abs() < 0.2, "{html}");
    spec["encoding"]["xOffset"] = json!({ "field": "s" });
    assert!(drawn(&spec) != html);
    spec["encoding"]["y"]["aggregate"] = json!("mean");
    assert_eq!(svg(&spec.to_string()), None);
}

#[test]
fn what_is_no_chart() {
    for value in [
        json!([]),
        json!({}),
        json!({ "chart": "bar" }),
        json!({ "chart": "bar", "x": [], "y": [] }),
        json!({ "chart": "radar", "x": [1], "y": [1] }),
        json!({ "chart": "bar", "x": [1, 2], "y": [1] }),
        json!({ "chart": "bar", "x": [1], "y": ["1"] }),
        json!({ "chart": "line", "x": [1, 2], "y": [null, "NaN"] }),
        json!({ "chart": "line", "x": [1], "y": [1e305] }),
        json!({ "chart": "pie", "x": ["a"], "y": [-1] }),
        json!({ "chart": "pie", "x": ["a"], "y": [0] }),
        json!({ "chart": "bar", "x": [{}], "y": [1] }),
        json!({ "chart": "bar", "x": [1], "y": [1], "series": [] }),
        json!({ "mark": "bar" }),
    ] {
        assert_eq!(svg(&value.to_string()), None, "{value}");
    }
}

#[test]
fn many_points_make_a_small_picture() {
    let y: Vec<f64> = (0..100_000).map(|i| if i == 77_777 { 99.0 } else { f64::from(i % 10) }).collect();
    let x: Vec<u32> = (0..100_000).collect();
    for mark in ["line", "scatter", "area"] {
        let html = drawn(&json!({ "chart": mark, "x": x, "y": y }));
        assert!(html.len() < 300_000, "{mark}: {}", html.len());
        assert!(html.contains("… and 99800 more"));
    }
    assert_eq!(svg(&json!({ "chart": "bar", "x": x, "y": y }).to_string()), None);
}

#[test]
fn numbers_of_every_size_stay_in_the_picture() {
    for y in [[0.0, 0.0], [1e300, -1e300], [5e-324, 0.0], [1e15, 1e15 + 0.125], [-3.0, -3.0]] {
        for mark in ["bar", "line", "scatter", "area"] {
            let html = drawn(&json!({ "chart": mark, "x": [1e300, -1e300], "y": y }));
            assert!(!html.contains("NaN") && !html.contains("inf"), "{html}");
        }
    }
}
