//! The picture as a tree in a terminal: each result, and under it what it is made from.

use super::{Graph, Shape};
use crate::report::printable;

/// Deeper than this, indentation is wider than any terminal.
const DEEPEST: usize = 40;

pub(super) fn draw(graph: &Graph) -> String {
    let mut sources: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    let mut feeds = vec![false; graph.nodes.len()];
    for arrow in &graph.arrows {
        feeds[arrow.from] = true;
        if !sources[arrow.to].contains(&arrow.from) {
            sources[arrow.to].push(arrow.from);
        }
    }
    let mut seen = vec![false; graph.nodes.len()];
    let mut text = String::new();
    // Results first; then what leads to none, such as a ring.
    let results = (0..graph.nodes.len()).filter(|node| graph.nodes[*node].shape == Shape::Export);
    let ends = (0..graph.nodes.len()).filter(|node| !feeds[*node] && graph.nodes[*node].shape != Shape::Export);
    let rest = 0..graph.nodes.len();
    for root in results.chain(ends).chain(rest) {
        if !seen[root] {
            branch(graph, &sources, root, &mut seen, &mut text);
        }
    }
    text
}

/// One root with everything under it. A node that was drawn before is named again, without what is under it.
fn branch(graph: &Graph, sources: &[Vec<usize>], root: usize, seen: &mut [bool], text: &mut String) {
    // What is yet to draw, last first: node, what stands left of it, whether it is the last of its siblings.
    let mut open = vec![(root, String::new(), None)];
    while let Some((node, left, last)) = open.pop() {
        let turn = match last {
            None => "",
            Some(true) => "└─ ",
            Some(false) => "├─ ",
        };
        let deep = left.chars().count() >= DEEPEST * 3;
        let again = (seen[node] && !sources[node].is_empty()) || deep;
        let label = match graph.nodes[node].shape {
            Shape::Import => format!("{} (given)", graph.nodes[node].label),
            _ => graph.nodes[node].label.clone(),
        };
        text.push_str(&format!("{left}{turn}{}{}\n", printable(&label), if again { " …" } else { "" }));
        if again {
            continue;
        }
        seen[node] = true;
        let below = match last {
            None => String::new(),
            Some(true) => format!("{left}   "),
            Some(false) => format!("{left}│  "),
        };
        for (index, source) in sources[node].iter().enumerate().rev() {
            open.push((*source, below.clone(), Some(index + 1 == sources[node].len())));
        }
    }
}
