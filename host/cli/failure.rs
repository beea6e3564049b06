//! From errors to exit codes and hints. Libraries say what happened; what that means for a shell is decided here.

use std::io;

use crate::cache::CacheError;
use crate::disk::ReadError;
use crate::engine::EngineError;
use crate::exit::Exit;
use crate::kernel::KernelError;
use crate::report::Reporter;

/// A failure that knows its exit code and its cure.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// How to exit.
    pub exit: Exit,
    /// What happened, lower case, names in backticks.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure without a hint.
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None }
    }

    /// The same with the cure.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// Tells the person and returns how to exit.
pub(super) fn report(error: &anyhow::Error, report: Reporter) -> Exit {
    if is_broken_pipe(error) {
        // `wb … | head` has what it wanted.
        return Exit::Ok;
    }
    let (exit, hint) = classify(error);
    report.failure(exit, &format!("{error:#}"), hint.as_deref());
    exit
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// What to do when nothing can run.
const DOCTOR: &str = "`wb doctor` looks for the cause";

fn classify(error: &anyhow::Error) -> (Exit, Option<String>) {
    let hint = |text: &str| Some(text.to_owned());
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return (failure.exit, failure.hint.clone());
    }
    match error.downcast_ref::<ReadError>() {
        Some(ReadError::NotFound { .. } | ReadError::Unreadable { .. }) => return (Exit::NotFound, None),
        Some(ReadError::NotUtf8 { .. }) => return (Exit::Invalid, hint("save the file as UTF-8")),
        Some(ReadError::TooLarge { .. }) => return (Exit::Invalid, None),
        None => {}
    }
    match error.downcast_ref::<KernelError>() {
        Some(KernelError::Compile(_) | KernelError::Start(_)) => return (Exit::Unreachable, hint(DOCTOR)),
        Some(KernelError::Memory { .. }) => return (Exit::Invalid, None),
        Some(KernelError::Deadline { .. }) => return (Exit::Failed, hint("set `WB_KERNEL_TIMEOUT` to more seconds")),
        Some(KernelError::Broke { .. }) | None => {}
    }
    if error.downcast_ref::<EngineError>().is_some() {
        return (Exit::Unreachable, hint(DOCTOR));
    }
    if error.downcast_ref::<CacheError>().is_some() {
        return (Exit::Failed, hint("set `WB_CACHE_DIR` to a directory that only you can write to"));
    }
    (Exit::Failed, None)
}
