//! Reads the flow charts of Mermaid: nodes of a few shapes and the edges between them.

use super::{Edge, Graph, Node, Shape};

pub(super) fn read(source: &str) -> Option<Graph> {
    let mut lines = source.split(['\n', ';']).map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("%%"));
    let mut head = lines.next()?.split_whitespace();
    let mut graph = Graph::default();
    if !matches!(head.next()?, "graph" | "flowchart") {
        return None;
    }
    graph.across = match head.next() {
        None | Some("TD" | "TB") => false,
        Some("LR") => true,
        _ => return None,
    };
    for line in lines {
        match line.split_whitespace().next()? {
            // How things look and what a click does is not for this page; groups are flattened.
            "subgraph" | "end" | "style" | "classDef" | "class" | "linkStyle" | "click" | "direction" => {}
            _ => statement(&mut graph, line)?,
        }
    }
    (!graph.nodes.is_empty()).then_some(graph)
}

/// `A[Text] -->|label| B --> C`.
fn statement(graph: &mut Graph, line: &str) -> Option<()> {
    let (mut from, mut rest) = node(graph, line)?;
    while !rest.is_empty() {
        let (mut edge, after) = link(rest)?;
        let (to, after) = node(graph, after)?;
        (edge.from, edge.to) = (from, to);
        graph.edge(edge)?;
        (from, rest) = (to, after);
    }
    Some(())
}

fn node<'t>(graph: &mut Graph, text: &'t str) -> Option<(usize, &'t str)> {
    const SHAPES: [(&str, &str, Shape); 5] = [
        ("((", "))", Shape::Circle),
        ("([", "])", Shape::Round),
        ("[", "]", Shape::Box),
        ("(", ")", Shape::Round),
        ("{", "}", Shape::Diamond),
    ];
    let text = text.trim_start();
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (id, mut rest) = (text.get(..end).filter(|id| !id.is_empty())?, text.get(end..)?);
    let at = graph.node(id, || Node { label: id.to_owned(), shape: Shape::Box, dashed: false })?;
    if let Some((open, close, shape)) = SHAPES.iter().find(|(open, _, _)| rest.starts_with(open)) {
        let inside = rest.get(open.len()..)?;
        let (label, after) = match inside.strip_prefix('"') {
            Some(quoted) => {
                let (label, after) = quoted.split_once('"')?;
                (label, after.strip_prefix(close)?)
            }
            None => inside.split_once(close)?,
        };
        // Brackets in a label without quotes belong to a shape that is not known.
        if !inside.starts_with('"') && label.contains(['[', ']', '{', '}', '(', ')', '"']) {
            return None;
        }
        let node = graph.nodes.get_mut(at)?;
        node.label = label.trim().replace("<br/>", "\n").replace("<br>", "\n");
        node.shape = *shape;
        rest = after;
    }
    if let Some(class) = rest.strip_prefix(":::") {
        rest = class.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
    }
    Some((at, rest.trim_start()))
}

/// `-->`, `---`, `-.->`, `==>`, with a label as `-->|label|` or `-- label -->`.
fn link(text: &str) -> Option<(Edge, &str)> {
    const LINKS: [(&str, bool, bool); 6] = [
        ("-.->", true, true),
        ("-.-", false, true),
        ("-->", true, false),
        ("---", false, false),
        ("==>", true, false),
        ("===", false, false),
    ];
    let of = |arrow: bool, dashed: bool, label: &str| {
        let label = label.trim().trim_matches('"').replace("<br/>", "\n").replace("<br>", "\n");
        Edge { from: 0, to: 0, label, dashed, arrow }
    };
    if let Some((sign, arrow, dashed)) = LINKS.iter().find(|(sign, _, _)| text.starts_with(sign)) {
        let rest = text.get(sign.len()..)?.trim_start();
        return match rest.strip_prefix('|') {
            Some(labelled) => labelled.split_once('|').map(|(label, rest)| (of(*arrow, *dashed, label), rest)),
            None => Some((of(*arrow, *dashed, ""), rest)),
        };
    }
    let (start, end, dashed) = [("-- ", "-->", false), ("-. ", ".->", true), ("== ", "==>", false)]
        .into_iter()
        .find(|(start, _, _)| text.starts_with(start))?;
    let (label, rest) = text.get(start.len()..)?.split_once(end)?;
    Some((of(true, dashed, label), rest))
}
