//! Which headings are workflows, and which workflow each heading belongs to.
//!
//! Flow 0 is the workbook: the heading with `:WORKBOOK_VERSION:`, else the first outermost `:workflow:`, else the file.

use std::collections::HashSet;
use std::ops::Range;

use crate::syntax::Document;
use crate::text::{Names, slug};

/// Workflows nested deeper are ordinary headings.
const MAX_NESTING: usize = 16;

/// The workbook or a workflow.
#[derive(Debug, Clone)]
pub(crate) struct Flow {
    /// None for a file that has no root.
    pub(crate) heading: Option<usize>,
    pub(crate) parent: Option<usize>,
    pub(crate) id: String,
    /// Names of `:export:`, and where they stand.
    pub(crate) exports: HashSet<String>,
    pub(crate) exports_at: Vec<Range<usize>>,
}

impl Flow {
    fn new(document: &Document, heading: Option<usize>, parent: Option<usize>) -> Self {
        let setting = heading.and_then(|h| super::settings::of_drawer(document, h, "export"));
        let parts = setting.map(|s| s.parts).unwrap_or_default();
        let exports_at: Vec<Range<usize>> = parts.iter().flat_map(|p| crate::text::words(document.text(), p)).collect();
        let exports = exports_at.iter().map(|w| document.slice(w).to_owned()).collect();
        Flow { heading, parent, id: String::new(), exports, exports_at }
    }
}

/// All flows and where they reach.
#[derive(Debug, Default)]
pub(crate) struct Flows {
    pub(crate) list: Vec<Flow>,
    /// Per heading the flow it lies in.
    pub(crate) of: Vec<Option<usize>>,
    /// Level-1 headings with `:WORKBOOK_VERSION:`.
    pub(crate) roots: Vec<usize>,
}

impl Flows {
    pub(crate) fn find(document: &Document) -> Self {
        let headings = &document.headings;
        let roots: Vec<usize> = (0..headings.len())
            .filter(|i| headings[*i].level == 1 && !headings[*i].hidden)
            .filter(|i| document.property(*i, "WORKBOOK_VERSION").is_some())
            .collect();
        let mut flows = Flows { roots, ..Flows::default() };
        let workflow = |i: usize| !headings[i].hidden && document.has_tag(i, "workflow");
        let first = flows.roots.first().copied().or_else(|| (0..headings.len()).find(|i| workflow(*i)));
        let only_top = || {
            let mut tops = (0..headings.len()).filter(|i| headings[*i].parent.is_none());
            tops.next().filter(|_| tops.next().is_none())
        };
        flows.list.push(Flow::new(document, first.or_else(only_top), None));
        for (i, heading) in headings.iter().enumerate() {
            let above = heading.parent.and_then(|p| flows.of[p]);
            let own = if Some(i) == flows.list[0].heading {
                Some(0)
            } else if workflow(i) && above.is_none_or(|f| flows.ancestors(f).len() < MAX_NESTING) {
                flows.list.push(Flow::new(document, Some(i), above));
                Some(flows.list.len() - 1)
            } else if first.is_none() {
                // A file without any root is one workbook as a whole.
                Some(0)
            } else {
                above
            };
            flows.of.push(own);
        }
        flows.name(document);
        flows
    }

    /// Whether the file says anywhere that it is a workbook.
    pub(crate) fn declared(&self, document: &Document) -> bool {
        !self.roots.is_empty() || self.list.iter().any(|f| f.heading.is_some_and(|h| document.has_tag(h, "workflow")))
    }

    /// A flow and the ones it is nested in, innermost first.
    pub(crate) fn ancestors(&self, flow: usize) -> Vec<usize> {
        let mut out = vec![flow];
        let mut at = flow;
        while let Some(parent) = self.list.get(at).and_then(|f| f.parent) {
            out.push(parent);
            at = parent;
        }
        out
    }

    fn name(&mut self, document: &Document) {
        let mut names = Names::default();
        for i in 0..self.list.len() {
            let own = match self.list[i].heading {
                Some(h) => heading_slug(document, h),
                None => document.keyword("title").map(slug).unwrap_or_default(),
            };
            let own = if own.is_empty() { "workbook".to_owned() } else { own };
            let id = match self.list[i].parent {
                Some(p) => format!("{}/{own}", self.list[p].id),
                None => own,
            };
            self.list[i].id = names.unique(id);
        }
    }
}

/// The short id of a heading: `:CUSTOM_ID:`, `:ID:`, or the slug of its title.
pub(crate) fn heading_slug(document: &Document, heading: usize) -> String {
    let custom = document.property(heading, "CUSTOM_ID").or_else(|| document.property(heading, "ID"));
    custom
        .filter(|v| !v.is_empty() && !v.contains(char::is_whitespace))
        .unwrap_or_else(|| slug(document.title(heading)))
}
