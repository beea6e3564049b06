//! Diagrams: small graphs written in `dot` or as a `mermaid` flow chart, drawn where the page is made.
//!
//! `dot` and `mermaid` read, `layout` finds places, `draw` draws. Only a part of both languages is known; a text that is
//! not understood as a whole stays a block of code. Nothing is run, and a picture has neither ids nor links.

mod dot;
mod draw;
mod layout;
mod mermaid;

use std::collections::HashMap;

/// What a picture on a page can hold.
const MAX_NODES: usize = 200;
const MAX_EDGES: usize = 500;
/// Longer texts are no diagrams of that size.
const MAX_TEXT: usize = 100_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Box,
    Round,
    Ellipse,
    Circle,
    Diamond,
    Plain,
}

#[derive(Debug, Clone, PartialEq)]
struct Node {
    label: String,
    shape: Shape,
    dashed: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Edge {
    from: usize,
    to: usize,
    label: String,
    dashed: bool,
    arrow: bool,
}

/// What the two languages have in common.
#[derive(Debug, Clone, Default, PartialEq)]
struct Graph {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// From left to right rather than from top to bottom.
    across: bool,
    known: HashMap<String, usize>,
}

impl Graph {
    /// The node of a name; `fresh` makes it where it is new. `None` if there are too many.
    fn node(&mut self, id: &str, fresh: impl FnOnce() -> Node) -> Option<usize> {
        if let Some(at) = self.known.get(id) {
            return Some(*at);
        }
        if self.nodes.len() >= MAX_NODES {
            return None;
        }
        self.nodes.push(fresh());
        self.known.insert(id.to_owned(), self.nodes.len() - 1);
        Some(self.nodes.len() - 1)
    }

    fn edge(&mut self, edge: Edge) -> Option<()> {
        if self.edges.len() >= MAX_EDGES {
            return None;
        }
        self.edges.push(edge);
        Some(())
    }
}

/// A drawing in Graphviz' language as a document of its own.
pub(crate) fn standalone(source: &str) -> Option<String> {
    let figure = svg("dot", source)?;
    let picture = figure.get(figure.find("<svg ")? + 5..figure.find("</svg>")?)?;
    Some(format!("<svg xmlns=\"http://www.w3.org/2000/svg\" font-family=\"sans-serif\" {picture}</svg>\n"))
}

/// The figure of a source block; `None` where the language or the text is not known.
pub(crate) fn svg(lang: &str, source: &str) -> Option<String> {
    if source.len() > MAX_TEXT {
        return None;
    }
    let graph = match lang {
        "dot" => dot::read(source)?,
        "mermaid" => mermaid::read(source)?,
        _ => return None,
    };
    let places = layout::layout(&graph)?;
    Some(format!("<figure class=\"diagram\">\n{}</figure>\n", draw::draw(&graph, &places)))
}

#[cfg(test)]
mod tests;
