//! What can go wrong with a store.

/// A store could not do what it was asked.
///
/// The texts name files, tables and codes; never an id, a token or a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store is out of reach, full, or stopped: the environment's fault. The caller answers 503 and the
    /// same call may succeed later.
    #[error("the store is unavailable: {0}")]
    Unavailable(Box<str>),
    /// The data does not read as this version's format: the operator must act (restore, upgrade).
    #[error("the store's data can not be read: {0}")]
    Corrupt(Box<str>),
    /// The log has no position left.
    #[error("the revocation log is at its last position")]
    LogFull,
}

impl StoreError {
    /// Whether the same call may succeed later without an operator.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
