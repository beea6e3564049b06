//! From pages to what is published of them: the files of a snapshot.
//!
//! A component without imports makes them (`components/site`); here it is called, file by file on several threads, with
//! bounds on memory and time. Nothing in here knows HTTP, or where snapshots are kept.

mod build;
mod inline;
mod media;
mod page;
mod seal;

use bytes::Bytes;

use crate::engine::CompileError;
use crate::kernel::KernelError;

pub use bindings::{Breach, Broken, Chapter, Entry, File as Made, Page, Problem, Settings};
pub use build::Builder;
pub use inline::{asked, data_address, inlined};
pub use media::media_of;
pub use page::{missing, page_of};
pub use seal::{Seal, identity};

mod bindings {
    #![allow(missing_docs, unreachable_pub, clippy::all)]
    wasmtime::component::bindgen!({ path: "wit/site", world: "site" });
}

/// A file of a site that is no page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Its path, beginning with `/`.
    pub path: String,
    /// Its media type; none: what its ending says.
    pub media: Option<String>,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The component that makes sites cannot be loaded.
    #[error("cannot load what makes sites: {0}")]
    Compile(#[from] CompileError),
    /// It cannot be instantiated.
    #[error("cannot start what makes sites: {0:#}")]
    Start(wasmtime::Error),
    /// The pages and files make no site. The caller can do something about each.
    #[error("{}", said(.0))]
    Invalid(Vec<Problem>),
    /// A page cannot be made.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// A file needs more memory than there may be.
    #[error("`{path}` needs more than {mib} MiB to be published; it is too large")]
    Memory {
        /// The file.
        path: String,
        /// What there may be.
        mib: usize,
    },
    /// A file takes too long.
    #[error("`{path}` took longer than {seconds} s to be published; it is too large")]
    Deadline {
        /// The file.
        path: String,
        /// What it was given.
        seconds: u64,
    },
    /// The component broke.
    #[error("what makes sites broke at `{path}`: {reason}; this is a bug in wb")]
    Broke {
        /// The file.
        path: String,
        /// The trap.
        reason: String,
    },
}

impl PublishError {
    /// Whether other pages or files would do.
    #[must_use]
    pub fn is_callers(&self) -> bool {
        matches!(self, Self::Invalid(_) | Self::Memory { .. } | Self::Deadline { .. })
    }
}

/// The first problem, and how many more there are.
fn said(problems: &[Problem]) -> String {
    let Some(first) = problems.first() else { return "this is no site".to_owned() };
    let place = if first.path.is_empty() { String::new() } else { format!("`{}`: ", first.path.escape_debug()) };
    let help = first.help.as_deref().map(|help| format!("; {help}")).unwrap_or_default();
    let more = if problems.len() > 1 { format!(" (and {} more)", problems.len() - 1) } else { String::new() };
    format!("{place}{}{help}{more}", first.message)
}
