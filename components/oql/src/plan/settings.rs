//! A component's settings: from its drawer, or from its block's header arguments.

use std::ops::Range;

use super::blocks::SourceBlock;
use crate::findings::Findings;
use crate::syntax::Document;
use crate::text::trim;

/// A value, in as many parts as `:KEY+:` lines gave it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Setting {
    pub(crate) parts: Vec<Range<usize>>,
    /// What to underline: the first part, or the key where there is no value.
    pub(crate) at: Range<usize>,
}

impl Setting {
    pub(crate) fn value(&self, document: &Document) -> String {
        let parts: Vec<&str> = self.parts.iter().map(|p| document.slice(p)).collect();
        parts.join(" ").trim().to_owned()
    }
}

/// The setting as the heading's drawer has it.
pub(crate) fn of_drawer(document: &Document, heading: usize, key: &str) -> Option<Setting> {
    let entries = document.headings.get(heading)?.drawer.as_ref()?.find(document.text(), key);
    let first = entries.first()?;
    let at = entries.iter().map(|e| &e.value).find(|v| !v.is_empty()).unwrap_or(&first.key).clone();
    Some(Setting { parts: entries.iter().map(|e| trim(document.text(), e.value.clone())).collect(), at })
}

/// The setting as the block's header arguments have it.
pub(crate) fn of_block(block: &SourceBlock, key: &str) -> Option<Setting> {
    let parts: Vec<Range<usize>> = block.all(key).map(|a| a.value.clone()).collect();
    let first = block.all(key).next()?;
    let at = if first.value.is_empty() { first.key_at.clone() } else { first.value.clone() };
    Some(Setting { parts, at })
}

/// The setting from either place. Both may say it, but then they have to agree.
pub(crate) fn either(
    document: &Document,
    heading: usize,
    block: Option<&SourceBlock>,
    key: &str,
    findings: &mut Findings,
) -> Option<Setting> {
    let drawer = of_drawer(document, heading, key);
    let argument = block.and_then(|b| of_block(b, key));
    if let (Some(a), Some(b)) = (&drawer, &argument) {
        let words = |s: &Setting| s.value(document).split_whitespace().collect::<Vec<_>>().join(" ");
        if words(a) != words(b) {
            findings
                .error("WB110", b.at.clone(), format!("the drawer and the block disagree about `:{key}`"))
                .help("say it in one place only")
                .label(a.at.clone(), "the drawer says this");
        }
    }
    drawer.or(argument)
}
