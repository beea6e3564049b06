//! Draws a graph whose nodes have places.

use super::layout::{Place, Places};
use super::{Edge, Graph, Node, Shape};
use crate::svg::{N, Svg, short, width};

const MARGIN: f64 = 12.0;

pub(super) fn draw(graph: &Graph, places: &Places) -> String {
    let loops = if graph.edges.iter().any(|e| e.from == e.to) { 30.0 } else { 0.0 };
    let labels = graph.edges.iter().map(|e| width(&short(&e.label, 30)) + 8.0).filter(|w| *w > 8.0).fold(0.0, f64::max);
    let (wide, high) = if graph.across { (places.along, places.beside) } else { (places.beside, places.along) };
    let size = (wide + loops + if graph.across { 0.0 } else { labels } + 2.0 * MARGIN, high + 2.0 * MARGIN);
    let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let name = format!("Diagram with {} and {}", count(graph.nodes.len(), "node"), count(graph.edges.len(), "edge"));
    let mut svg = Svg::new(size.0, size.1, "diagram", &name);
    svg.open("g", &[("font-size", &"13")]);
    for (edge, (route, turned)) in graph.edges.iter().zip(&places.routes) {
        let through: Vec<&Place> = route.iter().filter_map(|i| places.all.get(*i)).collect();
        draw_edge(&mut svg, graph.across, edge, &through, *turned);
    }
    for (node, place) in graph.nodes.iter().zip(&places.all) {
        draw_node(&mut svg, node, place, point(place, graph.across, 0.0));
    }
    svg.close("g");
    svg.finish()
}

/// The middle of a place, or of one of its sides: `-1.0` before, `1.0` behind.
fn point(place: &Place, across: bool, side: f64) -> (f64, f64) {
    if across {
        (MARGIN + place.along + side * place.wide / 2.0, MARGIN + place.beside)
    } else {
        (MARGIN + place.beside, MARGIN + place.along + side * place.high / 2.0)
    }
}

fn draw_edge(svg: &mut Svg, across: bool, edge: &Edge, through: &[&Place], turned: bool) {
    let Some(first) = through.first() else { return };
    let (d, middle, tip) = if edge.from == edge.to { looped(first, across) } else { path(through, across, turned) };
    let dashes = if edge.dashed { "5 4" } else { "none" };
    svg.tag(
        "path",
        &[("class", &"edge"), ("d", &d), ("fill", &"none"), ("stroke", &"currentColor"), ("stroke-dasharray", &dashes)],
    );
    if edge.arrow {
        let ((x, y), (dx, dy)) = tip;
        let at = |along: f64, beside: f64| {
            format!("{},{}", N(x - dx * along - dy * beside), N(y - dy * along + dx * beside))
        };
        let head = format!("{} {} {}", at(0.0, 0.0), at(9.0, 4.0), at(9.0, -4.0));
        svg.tag("polygon", &[("class", &"edge"), ("points", &head), ("fill", &"currentColor")]);
    }
    for (n, line) in edge.label.lines().take(4).enumerate() {
        let (anchor, at) = if across {
            ("middle", (middle.0, middle.1 - 5.0 + n as f64 * 15.0))
        } else {
            ("start", (middle.0 + 6.0, middle.1 + 4.0 + n as f64 * 15.0))
        };
        svg.text(at, anchor, &[("font-size", &"12")], &short(line, 30));
    }
}

type Drawn = (String, (f64, f64), ((f64, f64), (f64, f64)));

/// A curve through the places, its middle, and where it ends in which direction.
fn path(through: &[&Place], across: bool, turned: bool) -> Drawn {
    let mut points = Vec::new();
    for (n, place) in through.iter().enumerate() {
        let side = if n == 0 {
            1.0
        } else if n + 1 == through.len() {
            -1.0
        } else {
            0.0
        };
        points.push(point(place, across, side));
    }
    let (first, last) = (points.first().copied().unwrap_or_default(), points.last().copied().unwrap_or_default());
    let mut d = format!("M{},{}", N(first.0), N(first.1));
    for pair in points.windows(2) {
        let [a, b] = pair else { continue };
        let (c1, c2) = if across {
            let middle = (a.0 + b.0) / 2.0;
            ((middle, a.1), (middle, b.1))
        } else {
            let middle = (a.1 + b.1) / 2.0;
            ((a.0, middle), (b.0, middle))
        };
        d.push_str(&format!(" C{},{} {},{} {},{}", N(c1.0), N(c1.1), N(c2.0), N(c2.1), N(b.0), N(b.1)));
    }
    let half = points.len() / 2;
    let middle = match (points.get(half - usize::from(half > 0)), points.get(half)) {
        (Some(a), Some(b)) if points.len() % 2 == 0 => ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0),
        (_, Some(b)) => *b,
        _ => first,
    };
    let forward = if across { (1.0, 0.0) } else { (0.0, 1.0) };
    let tip = if turned { (first, (-forward.0, -forward.1)) } else { (last, forward) };
    (d, middle, tip)
}

/// From the right side of a node back to it.
fn looped(place: &Place, across: bool) -> Drawn {
    let (x, y) = point(place, across, 0.0);
    let x = x + place.wide / 2.0;
    let d = format!(
        "M{},{} C{},{} {},{} {},{}",
        N(x),
        N(y - 6.0),
        N(x + 34.0),
        N(y - 22.0),
        N(x + 34.0),
        N(y + 22.0),
        N(x),
        N(y + 6.0)
    );
    (d, (x + 26.0, y), ((x, y + 6.0), (-0.9, -0.43)))
}

fn draw_node(svg: &mut Svg, node: &Node, place: &Place, (x, y): (f64, f64)) {
    let (half_wide, half_high) = (place.wide / 2.0, place.high / 2.0);
    let dashes = if node.dashed { "5 4" } else { "none" };
    let mut shape = |name: &str, more: &[(&str, &dyn std::fmt::Display)]| {
        let mut all: Vec<(&str, &dyn std::fmt::Display)> = vec![("class", &"node")];
        all.extend_from_slice(more);
        all.extend_from_slice(&[("fill", &"none"), ("stroke", &"currentColor"), ("stroke-dasharray", &dashes)]);
        svg.tag(name, &all);
    };
    match node.shape {
        Shape::Box | Shape::Round => shape(
            "rect",
            &[
                ("x", &N(x - half_wide)),
                ("y", &N(y - half_high)),
                ("width", &N(place.wide)),
                ("height", &N(place.high)),
                ("rx", if node.shape == Shape::Round { &"14" } else { &"3" }),
            ],
        ),
        Shape::Ellipse => {
            shape("ellipse", &[("cx", &N(x)), ("cy", &N(y)), ("rx", &N(half_wide)), ("ry", &N(half_high))]);
        }
        Shape::Circle => shape("circle", &[("cx", &N(x)), ("cy", &N(y)), ("r", &N(half_wide))]),
        Shape::Diamond => {
            let corners = [(0.0, -half_high), (half_wide, 0.0), (0.0, half_high), (-half_wide, 0.0)];
            let points = corners.map(|(dx, dy)| format!("{},{}", N(x + dx), N(y + dy))).join(" ");
            shape("polygon", &[("points", &points)]);
        }
        Shape::Plain => {}
    }
    let lines: Vec<&str> = node.label.lines().take(12).collect();
    for (n, line) in lines.iter().enumerate() {
        let down = (n as f64 - (lines.len() as f64 - 1.0) / 2.0) * 16.0 + 4.5;
        svg.text((x, y + down), "middle", &[], &short(line, 40));
    }
}
