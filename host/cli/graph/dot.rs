//! The picture in Graphviz' language.

use super::{Graph, Part, Shape, grouped};

pub(super) fn draw(graph: &Graph) -> String {
    let mut text = String::from("digraph workbook {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n");
    grouped(graph, &mut text, &|text, depth, part| {
        let indent = "  ".repeat(depth + 1);
        text.push_str(&match part {
            Part::Open(group, title) => {
                format!("{indent}subgraph cluster_{group} {{\n{indent}  label={};\n", quoted(title))
            }
            Part::Close => format!("{indent}}}\n"),
            Part::Node(index, node) => {
                let shape = match node.shape {
                    Shape::Import => "oval",
                    Shape::Component => "box",
                    Shape::Export => "box, style=rounded",
                };
                format!("{indent}n{index} [label={}, shape={shape}];\n", quoted(&node.label))
            }
        });
    });
    for arrow in &graph.arrows {
        let label = quoted(&format!("{}: {}", arrow.label, arrow.ty));
        text.push_str(&format!("  n{} -> n{} [label={label}];\n", arrow.from, arrow.to));
    }
    text.push_str("}\n");
    text
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], " "))
}
