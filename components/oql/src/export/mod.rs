//! Export: the page a reader sees, as Org's own exporter would write it, in clean semantic HTML5.
//!
//! Two modes. `plain` is the reference profile: the tags, their order and the text of Org's HTML export. Without it a
//! page has a few deliberate deviations, each with its rule in `docs/org-export.md`.
//!
//! Safe by construction: text is escaped where it is written, links go through a list of schemes, an author's
//! attributes through another, and raw HTML needs consent. What is exported at all is decided before, in `prepare`.

mod address;
mod attributes;
mod block;
mod cite;
mod code;
mod failures;
mod footnote;
mod heading;
pub(crate) mod html;
pub(crate) mod ids;
pub(crate) mod index;
mod inline;
mod language;
mod link;
pub(crate) mod lisp;
mod list;
mod paragraph;
pub(crate) mod places;
pub(crate) mod prepare;
pub(crate) mod prune;
mod quotes;
pub(crate) mod radio;
mod results;
pub(crate) mod settings;
mod table;
mod tag_groups;
mod text;
mod timestamp;
mod toc;
mod values;
mod walk;

pub(crate) use code::references as code_labels;
use std::collections::HashMap;

use crate::model::{Page, RawHtml, RenderOptions};
use crate::syntax::Document;
use footnote::Footnotes;
use ids::Ids;
use index::Index;
use prune::{Pruned, Shown};
use settings::{Depth, Settings};

/// The state of a page that is being written.
pub(crate) struct Export<'d, 'a> {
    pub(crate) document: &'d Document<'a>,
    pub(crate) out: String,
    pub(crate) settings: Settings,
    /// The reference profile.
    pub(crate) plain: bool,
    pub(crate) raw_html: bool,
    /// What of the file is shown.
    pub(crate) pruned: Pruned,
    pub(crate) ids: Ids,
    pub(crate) index: Index,
    pub(crate) footnotes: Footnotes,
    pub(crate) levels: heading::Levels,
    /// Lines counted so far for `+n`.
    pub(crate) lines: usize,
    /// What links to labelled lines of code show, once one was asked for.
    pub(crate) code_labels: Option<HashMap<String, String>>,
    /// Entries of tables of contents so far.
    pub(crate) listed: usize,
    /// Attributes for the first link of a paragraph.
    pub(crate) link_attributes: Vec<(String, Option<String>)>,
    /// The caption of the image that is being written.
    pub(crate) alt: Option<String>,
    pub(crate) citations: cite::Citations,
    /// Per source block: whether its code and its results are shown, if that was not settled before.
    pub(crate) exports: HashMap<usize, (bool, bool)>,
    /// Per source block its component's fresh results, as port and JSON.
    pub(crate) results: HashMap<usize, Vec<(String, String)>>,
    /// Per source block the link to the file that its fresh result went into.
    pub(crate) result_links: HashMap<usize, String>,
    pub(crate) spare: inline::Spare,
    /// What of a run has no result.
    pub(crate) failures: failures::Failures,
}

/// Renders a document.
pub(crate) fn render(org: &str, options: &RenderOptions) -> Page {
    prepare::prepared(org, options, |document| write(document, options))
}

fn write(document: &Document, options: &RenderOptions) -> Page {
    let settings = Settings::of(document);
    let pruned = prune::prune(document, &settings);
    let mut x = Export {
        document,
        out: String::with_capacity(document.text().len() * 3 / 2),
        plain: options.plain,
        raw_html: match options.raw_html {
            RawHtml::Drop => false,
            RawHtml::ByConsent => settings.raw_html,
            RawHtml::Keep => true,
        },
        ids: Ids::of(document, &pruned),
        index: Index::of(document, &pruned, &settings),
        footnotes: Footnotes::of(document),
        settings,
        pruned,
        levels: heading::Levels::default(),
        lines: 0,
        code_labels: None,
        listed: 0,
        link_attributes: Vec::new(),
        alt: None,
        citations: cite::Citations::default(),
        exports: HashMap::new(),
        results: HashMap::new(),
        result_links: HashMap::new(),
        spare: inline::Spare::default(),
        failures: failures::Failures::default(),
    };
    x.levels = heading::levels(&x);
    if !options.plain {
        results::collect(&mut x, options);
    }
    let depth = match x.settings.toc {
        Depth::No => 0,
        Depth::All => usize::MAX,
        Depth::Levels(n) => n,
    };
    failures::summary(&mut x, None);
    toc::contents(&mut x, depth, None);
    if x.pruned.preamble {
        walk::elements(&mut x, document.preamble.clone());
    }
    heading::all(&mut x);
    footnote::section(&mut x);
    let fragment = std::mem::take(&mut x.out);
    page(&mut x, fragment)
}

fn page(x: &mut Export, fragment: String) -> Page {
    let shown = |x: &mut Export, text: &str| {
        inline::text(x, text, crate::object::Place::Keyword);
        html::plain(&std::mem::take(&mut x.out))
    };
    let (description, author, date) =
        (x.settings.description.clone(), x.settings.author.clone(), x.settings.date.clone());
    let mut value = |text: Option<String>| text.map(|v| shown(x, &v)).filter(|v| !v.is_empty());
    let (description, author, date) = (value(description), value(author), value(date));
    let document = x.document;
    let title = match x.settings.title.clone() {
        Some(title) => shown(x, &title),
        None => {
            (0..document.headings.len()).find(|i| x.shows(*i)).map_or(String::new(), |i| shown(x, document.title(i)))
        }
    };
    Page { title, description, author, date, language: x.settings.language.clone(), fragment }
}

impl Export<'_, '_> {
    /// Whether a heading is on the page.
    pub(crate) fn shows(&self, heading: usize) -> bool {
        self.pruned.headings.get(heading).is_some_and(|s| *s != Shown::No)
    }
}
