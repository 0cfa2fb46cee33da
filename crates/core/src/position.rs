//! Positions in the revocation log: the project's clock.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A place in the revocation log: an integer below 2^53 (so that every JSON reader keeps it exact),
/// gapless within a log, given by the store in commit order.
///
/// Entries are compared with own tokens by position, never by wall clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(u64);

/// A number that is not a position: 2^53 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a position is an integer below 2^53")]
pub struct NotAPosition;

impl Position {
    /// Before every entry of every log.
    pub const ZERO: Self = Self(0);
    /// The last position a log can hold, 2^53 - 1.
    pub const LAST: Self = Self((1 << 53) - 1);

    /// A position from its number.
    ///
    /// # Errors
    /// [`NotAPosition`] for 2^53 and above.
    pub const fn new(number: u64) -> Result<Self, NotAPosition> {
        if number > Self::LAST.0 { Err(NotAPosition) } else { Ok(Self(number)) }
    }

    /// The head of a new, empty log made at `now`: Unix seconds x 2^20 + `random` mod 2^20.
    ///
    /// An earlier log grows by less than 2^20 entries a second, so a new log starts above every position
    /// that an earlier one can have reached, and tokens of the earlier log are hit by every later entry.
    pub const fn origin(now: Timestamp, random: u32) -> Self {
        let number = now.seconds().saturating_mul(1 << 20).saturating_add((random & 0xF_FFFF) as u64);
        if number > Self::LAST.0 { Self::LAST } else { Self(number) }
    }

    /// The number itself.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The position after this one, or `None` at the end of the log's number space.
    pub const fn next(self) -> Option<Self> {
        if self.0 >= Self::LAST.0 { None } else { Some(Self(self.0 + 1)) }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The identity of one log: 128 random bits. A log that lost or restored data gets a new one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LogId([u8; 16]);

impl LogId {
    /// An id from 16 random bytes.
    pub const fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogId({self})")
    }
}

/// The running checksum of a log up to a position: two logs that agree on it hold the same entries.
///
/// It finds a log that came back shorter or different; it is no defence against a forger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Checksum(pub [u8; 16]);

/// Where a log stands: its identity, its last durable position and the checksum there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Which log.
    pub log: LogId,
    /// The last durable position.
    pub position: Position,
    /// The running checksum at [`Head::position`].
    pub checksum: Checksum,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_below_two_to_the_fifty_third() {
        assert_eq!(Position::new((1 << 53) - 1), Ok(Position::LAST));
        assert_eq!(Position::new(1 << 53), Err(NotAPosition));
        assert_eq!(Position::LAST.next(), None);
    }

    #[test]
    fn a_log_made_a_second_later_starts_above_a_million_entries_of_the_earlier() {
        let earlier = Position::origin(Timestamp::from_seconds(1_700_000_000), 0);
        let later = Position::origin(Timestamp::from_seconds(1_700_000_001), 0);
        assert_eq!(later.number() - earlier.number(), 1 << 20);
        assert!(Position::origin(Timestamp::from_seconds(1_700_000_000), u32::MAX) < later);
    }
}
