//! What the plan knows about blocks: whether code and results are shown, and fresh results.

use std::collections::HashMap;

use super::html::attribute;
use super::{Export, failures, inline, values};
use crate::chart;
use crate::findings::Findings;
use crate::model::RenderOptions;
use crate::object::Place;
use crate::plan::nodes::Code;
use crate::plan::{Analysis, blocks};
use crate::write_back::files;

/// Reads `:exports` of every block, and finds the blocks of the fresh results.
pub(crate) fn collect(x: &mut Export, options: &RenderOptions) {
    // Where nothing is said both show: a page without its results would puzzle a reader.
    let shows = |value: &str| match value.trim().to_ascii_lowercase().as_str() {
        "code" => (true, false),
        "results" => (false, true),
        "none" => (false, false),
        _ => (true, true),
    };
    for block in blocks::collect(x.document) {
        let shown = block.value(x.document, "exports").map_or((true, true), shows);
        x.exports.insert(block.element, shown);
    }
    if options.results.is_empty() && options.failures.is_empty() {
        return;
    }
    let mut findings = Findings::new(x.document);
    let analysis = Analysis::new(x.document, &mut findings);
    let mut block_of: HashMap<&str, &blocks::SourceBlock> = HashMap::new();
    for node in &analysis.nodes.list {
        if let Code::Block(b) = node.code
            && let Some(block) = analysis.blocks.get(b)
        {
            block_of.insert(node.id.as_str(), block);
        }
    }
    for result in &options.results {
        let Some(block) = block_of.get(result.component.as_str()) else { continue };
        let value = serde_json::from_str(&result.value).unwrap_or_default();
        match files::link(x.document, block, &value) {
            Some(link) => drop(x.result_links.insert(block.element, link)),
            None => x.results.entry(block.element).or_default().push((result.port.clone(), result.value.clone())),
        }
    }
    x.failures = failures::Failures::of(x, &analysis, &options.failures);
}

/// Writes the fresh results of a block.
pub(crate) fn write(x: &mut Export, block: usize) {
    if let Some(link) = x.result_links.get(&block).cloned() {
        x.out.push_str("<div class=\"result\">\n<p>");
        inline::text(x, &link, Place::Paragraph);
        x.out.push_str("</p>\n</div>\n");
    }
    for (port, value) in x.results.get(&block).cloned().into_iter().flatten() {
        x.out.push_str("<div class=\"result\"");
        attribute(&mut x.out, "data-port", &port);
        x.out.push_str(">\n");
        // A reader of charts gets the picture; the reference profile shows values as they are.
        match if x.plain { None } else { chart::svg(&value) } {
            Some(figure) => x.out.push_str(&figure),
            None => values::json(&mut x.out, &value, &x.settings.language),
        }
        x.out.push_str("</div>\n");
    }
}

/// Whether the `#+RESULTS:` behind a block are shown: not if the block says so, nor where there are fresh
/// ones or their place is taken by what went wrong.
pub(crate) fn are_shown(x: &Export, block: Option<usize>) -> bool {
    let Some(block) = block else { return true };
    x.exports.get(&block).is_none_or(|(_, results)| *results)
        && !x.results.contains_key(&block)
        && !x.result_links.contains_key(&block)
        && !x.failures.is_at(block)
}
