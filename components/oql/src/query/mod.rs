//! Queries over headings: Org's match syntax, and s-expressions. What to look at is said by the caller; there is no
//! file and no clock here.

pub(crate) mod agenda;
mod entry;
mod eval;
mod expr;
mod forms;
mod groups;
mod matcher;
mod pattern;
mod sexp;
mod time;
mod when;

pub(crate) use expr::duration;
pub(crate) use time::{civil, days};

use crate::model::{Headline, QueryError, QueryOptions};
use crate::syntax::Document;
use entry::Entries;
use expr::Expr;
use groups::Groups;

/// Longer expressions are refused; nobody types them.
const MAX_LENGTH: usize = 4096;

/// What time it is, if anybody said.
#[derive(Debug, Clone, Copy)]
struct Clock {
    /// Minutes.
    now: Option<i64>,
}

/// The headlines an expression selects, document order; an empty expression selects all.
pub(crate) fn query(document: &Document, text: &str, options: &QueryOptions) -> Result<Vec<Headline>, QueryError> {
    let expression = parse(document, text, options)?;
    let entries = Entries::new(document, options);
    let chosen = eval::select(&entries, &expression);
    Ok(entries.headlines.into_iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(headline, _)| headline).collect())
}

fn parse(document: &Document, text: &str, options: &QueryOptions) -> Result<Expr, QueryError> {
    if text.len() > MAX_LENGTH {
        return Err(error(0, format!("the expression is longer than {MAX_LENGTH} bytes")));
    }
    let clock = Clock { now: options.now.as_deref().and_then(time::moment).map(|(minutes, _)| minutes) };
    let groups = Groups::of(document);
    if text.trim_start().starts_with('(') {
        forms::Builder { clock, groups: &groups }.build(sexp::read(text)?)
    } else {
        matcher::parse(text, clock, &groups)
    }
}

fn error(offset: usize, message: impl Into<String>) -> QueryError {
    QueryError { message: message.into(), offset: u32::try_from(offset).unwrap_or(u32::MAX) }
}

/// A pattern in Emacs' dialect.
fn pattern(text: &str, offset: usize) -> Result<pattern::Pattern, QueryError> {
    pattern::Pattern::new(text)
        .map_err(|e| error(offset, format!("`{}` is no regular expression: {e}", crate::text::clip(text, 60))))
}

#[cfg(test)]
mod tests;
