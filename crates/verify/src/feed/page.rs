//! A piece of a log, as it is read for followers.

use quash_core::position::{Checksum, Position};
use quash_core::revocation::record::Record;
use quash_core::time::Timestamp;

/// The live records of one stretch of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The records, positions rising.
    pub records: Vec<Record>,
    /// Every live record up to here is among them.
    pub through: Position,
    /// The log's checksum at [`Page::through`]. Of no meaning in a page of a snapshot.
    pub checksum: Checksum,
    /// Records that were over at this instant may be missing, and no others; [`Timestamp::EPOCH`] when none is.
    /// Whoever takes the page judges at no earlier instant from then on (I10).
    pub forgotten: Timestamp,
}
