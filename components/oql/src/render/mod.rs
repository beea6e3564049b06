//! Rendering: the page a reader sees, as clean semantic HTML5.
//!
//! Safe by construction: text is escaped where it is written, links go through a list of schemes, and raw HTML needs the
//! consent of the file (`#+OPTIONS: raw-html:t`) and of the caller.

mod blocks;
mod footnotes;
mod html;
mod ids;
mod inline;
mod link;
mod table;
mod urls;
mod values;

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use orgize::ParseConfig;

use crate::findings::Findings;
use crate::model::{Page, RawHtml, RenderOptions};
use crate::plan::Analysis;
use crate::plan::nodes::Code;
use crate::syntax::Document;
use footnotes::Footnotes;
use html::{attribute, escape_into};
use ids::Ids;

/// The state of a page that is being written.
pub(crate) struct PageCtx<'d, 'a> {
    pub(crate) document: &'d Document<'a>,
    pub(crate) out: String,
    pub(crate) ids: Ids,
    pub(crate) footnotes: Footnotes,
    pub(crate) config: ParseConfig,
    pub(crate) raw_html: bool,
    /// `todo`, `pri` and `tags` of `#+OPTIONS:`.
    pub(crate) shown: [bool; 3],
    /// What `inline` may still spend.
    pub(crate) work_left: usize,
    /// Ids of targets that are on the page already.
    pub(crate) written: HashSet<String>,
    /// Per source block: whether its code and its results are shown.
    pub(crate) exports: HashMap<usize, (bool, bool)>,
    /// Per source block its component's fresh results, as port and JSON.
    pub(crate) results: HashMap<usize, Vec<(String, String)>>,
    /// Alternative text and attributes of the image that is being written.
    pub(crate) alt: Option<String>,
    pub(crate) image: Vec<(String, String)>,
}

/// Renders a document.
pub(crate) fn render(document: &Document, options: &RenderOptions) -> Page {
    let mut findings = Findings::new(document);
    let analysis = Analysis::new(document, &mut findings);
    let mut ctx = PageCtx {
        document,
        out: String::with_capacity(document.text().len() * 2),
        ids: Ids::of(document),
        footnotes: Footnotes::of(document),
        config: inline::config(document.option("^")),
        raw_html: match options.raw_html {
            RawHtml::Drop => false,
            RawHtml::ByConsent => document.allows_html(),
            RawHtml::Keep => true,
        },
        shown: ["todo", "pri", "tags"].map(|name| document.option(name) != Some("nil")),
        work_left: inline::PAGE_WORK,
        written: HashSet::new(),
        exports: exports(&analysis),
        results: results(&analysis, options),
        alt: None,
        image: Vec::new(),
    };
    blocks::elements(&mut ctx, document.preamble.clone());
    headings(&mut ctx);
    footnotes::section(&mut ctx);
    let fragment = std::mem::take(&mut ctx.out);
    page(&mut ctx, fragment)
}

/// The `:exports` of every block. Where nothing is said both show: a page without its results would puzzle a reader.
fn exports(analysis: &Analysis) -> HashMap<usize, (bool, bool)> {
    let shows = |value: &str| match value.trim().to_ascii_lowercase().as_str() {
        "code" => (true, false),
        "results" => (false, true),
        "none" => (false, false),
        _ => (true, true),
    };
    let blocks = analysis.blocks.iter();
    blocks.map(|b| (b.element, b.value(analysis.document, "exports").map_or((true, true), shows))).collect()
}

fn results(analysis: &Analysis, options: &RenderOptions) -> HashMap<usize, Vec<(String, String)>> {
    let mut block_of: HashMap<&str, usize> = HashMap::new();
    for node in &analysis.nodes.list {
        if let Code::Block(b) = node.code {
            block_of.insert(node.id.as_str(), analysis.blocks[b].element);
        }
    }
    let mut out: HashMap<usize, Vec<(String, String)>> = HashMap::new();
    for result in &options.results {
        if let Some(element) = block_of.get(result.component.as_str()) {
            out.entry(*element).or_default().push((result.port.clone(), result.value.clone()));
        }
    }
    out
}

/// All headings with their sections, nested by a stack of open levels.
fn headings(ctx: &mut PageCtx) {
    let document = ctx.document;
    let mut open: Vec<usize> = Vec::new();
    let mut i = 0;
    while i < document.headings.len() {
        while open.last().is_some_and(|end| *end <= i) {
            open.pop();
            ctx.out.push_str("</section>\n");
        }
        let heading = &document.headings[i];
        if heading.comment || document.has_tag(i, "noexport") {
            i = heading.next.max(i + 1);
            continue;
        }
        ctx.out.push_str("<section");
        let id = ctx.ids.headings[i].clone();
        attribute(&mut ctx.out, "id", &id);
        ctx.out.push_str(">\n");
        title(ctx, i, depth(document, i));
        open.push(heading.next);
        // Org shows of an archived tree its heading alone.
        if document.has_tag(i, "ARCHIVE") {
            i = heading.next.max(i + 1);
            continue;
        }
        blocks::elements(ctx, heading.elements.clone());
        i += 1;
    }
    open.iter().for_each(|_| ctx.out.push_str("</section>\n"));
}

/// `h2` for the top level, since the page's title is its `h1`.
fn depth(document: &Document, heading: usize) -> usize {
    (document.headings[heading].level + 1).min(6)
}

fn title(ctx: &mut PageCtx, i: usize, depth: usize) {
    let document = ctx.document;
    let heading = &document.headings[i];
    let [show_state, show_priority, show_tags] = ctx.shown;
    let _ = write!(ctx.out, "<h{depth}>");
    if let Some(state) = heading.state.as_ref().filter(|_| show_state) {
        let word = document.slice(state);
        let kind = if document.todo.is_done(word) { "done" } else { "todo" };
        ctx.out.push_str("<span");
        attribute(&mut ctx.out, "class", &format!("{kind} {}", html::class(word)));
        ctx.out.push('>');
        escape_into(&mut ctx.out, word);
        ctx.out.push_str("</span> ");
    }
    if let Some(priority) = heading.priority.as_ref().filter(|_| show_priority) {
        ctx.out.push_str("<span class=\"priority\">[");
        escape_into(&mut ctx.out, document.slice(priority));
        ctx.out.push_str("]</span> ");
    }
    inline::inline(ctx, document.slice(&heading.title));
    if !heading.tags.is_empty() && show_tags {
        ctx.out.push_str(" <span class=\"tags\">");
        for (n, tag) in heading.tags.iter().enumerate() {
            ctx.out.push_str(if n > 0 { " <span class=\"tag\">" } else { "<span class=\"tag\">" });
            escape_into(&mut ctx.out, document.slice(tag));
            ctx.out.push_str("</span>");
        }
        ctx.out.push_str("</span>");
    }
    let _ = writeln!(ctx.out, "</h{depth}>");
}

/// What the shell around the fragment needs.
fn page(ctx: &mut PageCtx, fragment: String) -> Page {
    let document = ctx.document;
    let text = |ctx: &mut PageCtx, source: &str| {
        inline::inline(ctx, source);
        html::plain(&std::mem::take(&mut ctx.out))
    };
    let written = document.keyword("title").or_else(|| document.headings.first().map(|h| document.slice(&h.title)));
    let title = text(ctx, written.unwrap_or(""));
    let mut keyword = |name: &str| document.keyword(name).map(|v| text(ctx, v)).filter(|v| !v.is_empty());
    let language = keyword("language").unwrap_or_else(|| "en".to_owned());
    Page {
        title,
        description: keyword("description"),
        language,
        author: keyword("author"),
        date: keyword("date"),
        fragment,
    }
}
