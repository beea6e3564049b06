//! Aligns tables and drawers as Org does (`wb fmt`).

use crate::model::Edit;
use crate::syntax::Document;

/// To be filled in.
pub(crate) fn format(_document: &Document) -> Vec<Edit> {
    Vec::new()
}
