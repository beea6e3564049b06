//! What can go wrong in a store, told by what the caller can do about it.
//!
//! One enum for databases and blob stores alike, so that a route maps it to a status once. It never carries a value
//! that was stored.

/// The result of everything in here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The database or the blob store does not answer. Trying again later may help; whether a write that was under way
    /// took effect is unknown.
    #[error("the store is not available: {0}; try again")]
    Unavailable(String),
    /// Another write came first: a condition does not hold, a name is taken, a lease was lost.
    #[error("{0}")]
    Conflict(String),
    /// There is no such thing, or it is another tenant's.
    #[error("{0}")]
    NotFound(String),
    /// What is stored is not what was written.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// No space is left.
    #[error("the store is full: {0}")]
    Full(String),
    /// It can be read and not written.
    #[error("the store is read-only: {0}")]
    ReadOnly(String),
    /// What was asked is against the rules of the store, however often it is asked.
    #[error("{0}")]
    Invalid(String),
    /// Two transactions could not be put in an order. Tried again in here; callers see it as [`Error::Unavailable`].
    #[error("two writes are in each other's way: {0}")]
    Serialization(String),
}

impl Error {
    /// Whether the same request may succeed later, with nobody having changed anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Full(_) | Self::ReadOnly(_) | Self::Serialization(_))
    }

    /// A short name for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) | Self::Serialization(_) => "unavailable",
            Self::Conflict(_) => "conflict",
            Self::NotFound(_) => "not-found",
            Self::Corrupt(_) => "corrupt",
            Self::Full(_) => "full",
            Self::ReadOnly(_) => "read-only",
            Self::Invalid(_) => "invalid",
        }
    }

    /// The error once nothing is left to try in here.
    #[must_use]
    pub(super) fn settled(self) -> Self {
        match self {
            Self::Serialization(reason) => Self::Unavailable(reason),
            other => other,
        }
    }

    /// An error of the file system, about something.
    pub(super) fn of_file(what: &str, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let text = format!("{what}: {error}");
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full(text),
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Self::ReadOnly(text),
            ErrorKind::NotFound => Self::NotFound(text),
            _ => Self::Unavailable(text),
        }
    }
}
