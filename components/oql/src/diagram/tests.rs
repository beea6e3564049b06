//! What becomes a diagram, what does not, and that every one is inert.

use super::*;
use crate::exercise::inert::inert;

fn drawn(lang: &str, source: &str) -> String {
    let html = svg(lang, source).unwrap_or_else(|| panic!("no diagram: {source}"));
    assert_eq!(inert(&html), Ok(()), "{html}");
    assert!(!html.contains("NaN") && !html.contains("inf"), "{html}");
    html
}

/// `nodes/edges label>label …`.
fn check(lang: &str, source: &str, expect: &str) {
    let graph = if lang == "dot" { dot::read(source) } else { mermaid::read(source) }.unwrap();
    let name = |i: usize| graph.nodes[i].label.replace('\n', "/");
    let edge = |e: &Edge| {
        let sign = if e.dashed { "~" } else { "-" };
        format!("{}{sign}{}{}{}", name(e.from), e.label, if e.arrow { ">" } else { sign }, name(e.to))
    };
    let edges: Vec<String> = graph.edges.iter().map(edge).collect();
    assert_eq!(format!("{} {}", graph.nodes.len(), edges.join(" ")), expect, "{source}");
    drawn(lang, source);
}

#[test]
fn dot() {
    check("dot", "digraph { a -> b -> c; a -> c [label=\"x\", style=dashed] }", "3 a->b b->c a~x>c");
    check("dot", "strict graph G { a -- \"b c\" // no\n /* no */ d }", "3 a--b c");
    check("dot", "digraph { node [shape=box]; a [label=\"A\\nB\"]; a -> {b c} [dir=none] }", "3 A/B--b A/B--c");
    check("dot", "digraph {\n# no\nsubgraph cluster_x { label=y; a; b } a:n -> b; a -> a }", "2 a->b a->a");
    check("dot", "digraph { rankdir=LR; edge [label=1.5] a -> b -> a }", "2 a-1.5>b b-1.5>a");
}

#[test]
fn mermaid() {
    check("mermaid", "graph TD\nA[Text] -->|yes| B(Other)\nB --> C{Q}; C -.-> A", "3 Text-yes>Other Other->Q Q~>Text");
    check(
        "mermaid",
        "flowchart LR\n%% no\nA -- why --> B((r)) --- C[\"a (b)\"]\nclick A href \"x\"",
        "3 A-why>r r--a (b)",
    );
}

#[test]
fn what_is_no_diagram() {
    for source in [
        "",
        "digraph",
        "digraph {",
        "digraph { }",
        "digraph { a -- b }",
        "digraph { a [label=<b>] }",
        "digraph { a [shape=record] }",
        "digraph { rankdir=BT; a }",
        "digraph { a } b",
        "digraph { \"a }",
        "a -> b",
    ] {
        assert_eq!(svg("dot", source), None, "{source}");
    }
    for source in [
        "sequenceDiagram\nA->>B: x",
        "graph TD",
        "graph BT\nA",
        "graph TD\nA --> ",
        "graph TD\nA[[x]]",
        "graph TD\nA ~~~ B",
    ] {
        assert_eq!(svg("mermaid", source), None, "{source}");
    }
    assert_eq!(svg("ditaa", "digraph { a }"), None);
}

#[test]
fn hostile_graphs_are_bounded() {
    let many = |count: usize| (0..count).map(|i| format!("n{i} -> n{}; ", i + 1)).collect::<String>();
    drawn("dot", &format!("digraph {{ {} }}", many(199)));
    assert_eq!(svg("dot", &format!("digraph {{ {} }}", many(200))), None);
    let long = (0..250).map(|_| "n0 -> n199; ").collect::<String>();
    assert_eq!(svg("dot", &format!("digraph {{ {} {long} }}", many(199))), None);
    assert_eq!(svg("dot", &format!("digraph {{ {}", "{".repeat(50_000))), None);
    let ring =
        (0..100).map(|i| format!("n{i} -> n{}; n{i} -> n{}; ", (i + 1) % 100, (i * 7) % 100)).collect::<String>();
    drawn("dot", &format!("digraph {{ {ring} }}"));
    let all = (0..100).map(|i| format!("n{i} ")).collect::<String>();
    assert_eq!(svg("dot", &format!("digraph {{ {{{all}}} -> {{{all}}} }}")), None);
}

#[test]
fn ranks_follow_the_edges() {
    let graph = dot::read("digraph { a -> b -> c -> a; a -> c }").unwrap();
    let places = layout::layout(&graph).unwrap();
    assert_eq!(places.all.iter().take(3).map(|p| p.rank).collect::<Vec<_>>(), [0, 1, 2]);
    let turned: Vec<bool> = places.routes.iter().map(|r| r.1).collect();
    assert_eq!(turned, [false, false, true, false]);
}
