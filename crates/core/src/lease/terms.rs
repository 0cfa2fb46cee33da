//! What a verifier was granted.

use std::time::Duration;

/// What a verifier was granted when it said hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What people call it; need not be unique.
    pub name: Box<str>,
    /// For how long after it asked it may go on accepting: its `max_staleness`.
    pub lease: Duration,
    /// Whether some of its routes go on accepting when the lease is over. Then only its acknowledgement says that an
    /// entry is in force there.
    pub unfenced: bool,
    /// Whether it hands the feed on to others.
    pub relay: bool,
}
