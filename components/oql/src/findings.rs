//! Collecting diagnostics.

use std::ops::Range;

use crate::model::{Diagnostic, Edit, Label, Severity};
use crate::syntax::Document;

/// Suggestions cost an edit distance per candidate; a file with thousands of misspellings gets the first few.
const SUGGESTIONS: usize = 64;

/// The diagnostics found so far.
#[derive(Debug)]
pub(crate) struct Findings<'d, 'a> {
    document: &'d Document<'a>,
    list: Vec<Diagnostic>,
    suggestions: usize,
}

impl<'d, 'a> Findings<'d, 'a> {
    pub(crate) fn new(document: &'d Document<'a>) -> Self {
        Findings { document, list: Vec::new(), suggestions: SUGGESTIONS }
    }

    fn add(&mut self, code: &str, severity: Severity, at: Range<usize>, message: String) -> Draft<'_, 'd, 'a> {
        let span = self.document.span(at);
        let diagnostic = Diagnostic {
            code: code.to_owned(),
            severity,
            message,
            span,
            help: None,
            component: None,
            labels: Vec::new(),
            fix: Vec::new(),
        };
        let index = self.list.len();
        self.list.push(diagnostic);
        Draft { document: self.document, diagnostic: &mut self.list[index] }
    }

    pub(crate) fn error(&mut self, code: &str, at: Range<usize>, message: impl Into<String>) -> Draft<'_, 'd, 'a> {
        self.add(code, Severity::Error, at, message.into())
    }

    pub(crate) fn warning(&mut self, code: &str, at: Range<usize>, message: impl Into<String>) -> Draft<'_, 'd, 'a> {
        self.add(code, Severity::Warning, at, message.into())
    }

    pub(crate) fn info(&mut self, code: &str, at: Range<usize>, message: impl Into<String>) -> Draft<'_, 'd, 'a> {
        self.add(code, Severity::Info, at, message.into())
    }

    /// What a misspelt word most likely meant, as long as the budget lasts.
    pub(crate) fn suggest<'c>(&mut self, word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
        self.suggestions = self.suggestions.checked_sub(1)?;
        crate::text::suggest(word, candidates)
    }

    /// All findings in the order of the text.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by(|a, b| (a.span.start, &a.code, a.span.end).cmp(&(b.span.start, &b.code, b.span.end)));
        self.list.dedup();
        self.list
    }
}

/// A diagnostic under construction.
pub(crate) struct Draft<'f, 'd, 'a> {
    document: &'d Document<'a>,
    diagnostic: &'f mut Diagnostic,
}

impl Draft<'_, '_, '_> {
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        self.diagnostic.help = Some(help.into());
        self
    }

    pub(crate) fn component(self, id: &str) -> Self {
        self.diagnostic.component = Some(id.to_owned());
        self
    }

    /// One edit of the cure; several are given in the order of the text.
    pub(crate) fn fix(self, at: Range<usize>, text: impl Into<String>) -> Self {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.diagnostic.fix.push(Edit { start: offset(at.start), end: offset(at.end), text: text.into() });
        self
    }

    pub(crate) fn label(self, at: Range<usize>, message: impl Into<String>) -> Self {
        let span = self.document.span(at);
        self.diagnostic.labels.push(Label { span, message: message.into() });
        self
    }
}
