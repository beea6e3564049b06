//! The picture as a Mermaid flowchart.

use super::{Graph, Part, Shape, grouped};

pub(super) fn draw(graph: &Graph) -> String {
    let mut text = String::from("flowchart LR\n");
    grouped(graph, &mut text, &|text, depth, part| {
        let indent = "  ".repeat(depth + 1);
        text.push_str(&match part {
            Part::Open(group, title) => format!("{indent}subgraph w{group}[\"{}\"]\n", quoted(title)),
            Part::Close => format!("{indent}end\n"),
            Part::Node(index, node) => {
                let (left, right) = match node.shape {
                    Shape::Import => ("([", "])"),
                    Shape::Component => ("[", "]"),
                    Shape::Export => ("[[", "]]"),
                };
                format!("{indent}n{index}{left}\"{}\"{right}\n", quoted(&node.label))
            }
        });
    });
    for arrow in &graph.arrows {
        let label = quoted(&format!("{}: {}", arrow.label, arrow.ty));
        text.push_str(&format!("  n{} -->|\"{label}\"| n{}\n", arrow.from, arrow.to));
    }
    text
}

/// Mermaid has no escapes in strings but entities of its own.
fn quoted(text: &str) -> String {
    let text = text.replace('#', "#35;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;");
    text.replace(['\n', '\r'], " ")
}
