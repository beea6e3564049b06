//! From an Org text to HTML: what Org's own exporter would give a reader.

pub(crate) mod lisp;
pub(crate) mod places;
pub(crate) mod prepare;
pub(crate) mod prune;
pub(crate) mod radio;
pub(crate) mod settings;
