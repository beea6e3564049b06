//! Element trees for comparison with Emacs: `{"org"}` lines on standard input, a list of `[kind, begin, end, depth]` per
//! line on standard output (character positions from 1, as in Emacs). With `--headlines` or
//! `--source`, what Org says of headings or source blocks instead. For measuring only.

use std::io::{BufRead, Write};

fn main() -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let record: serde_json::Value = serde_json::from_str(&line?)?;
        let org = record["org"].as_str().unwrap_or("");
        if std::env::args().any(|a| a == "--headlines") {
            let rows: Vec<_> = oql::parse_headlines(org).iter().map(headline).collect();
            writeln!(out, "{}", serde_json::Value::Array(rows))?;
            continue;
        }
        if std::env::args().any(|a| a == "--source") {
            let rows: Vec<_> = oql::source_blocks(org).iter().map(source).collect();
            writeln!(out, "{}", serde_json::Value::Array(rows))?;
            continue;
        }
        let mut positions = vec![0usize; org.len() + 1];
        for (n, (at, c)) in org.char_indices().enumerate() {
            positions[at..at + c.len_utf8()].fill(n + 1);
        }
        positions[org.len()] = org.chars().count() + 1;
        let nodes: Vec<_> = oql::element_tree(org)
            .into_iter()
            .map(|n| serde_json::json!([n.kind, positions[n.begin], positions[n.end], n.depth]))
            .collect();
        writeln!(out, "{}", serde_json::Value::Array(nodes))?;
    }
    Ok(())
}

fn headline(row: &oql::model::Headline) -> serde_json::Value {
    let properties: Vec<_> = row.properties.iter().map(|p| serde_json::json!([p.key, p.value])).collect();
    serde_json::json!({ "inherited": row.inherited_tags, "tags": row.tags, "properties": properties })
}

fn source(block: &oql::SourceBlock) -> serde_json::Value {
    let args: Option<Vec<_>> = block
        .args
        .as_ref()
        .map(|args| args.iter().map(|(k, v)| serde_json::json!([k, v.as_deref().unwrap_or("nil")])).collect());
    serde_json::json!([block.lang, block.value, args, block.noweb])
}
