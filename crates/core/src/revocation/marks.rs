//! High-water marks that make "nothing of yours changed" a comparison instead of a look-up.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::position::Position;
use crate::revocation::target_key::TargetKey;

/// How many buckets there are: 16 bits of a target's digest choose one.
pub const BUCKETS: usize = 1 << 16;

/// A number that only rises: the highest position of any entry it stands for; zero before the first.
#[derive(Debug, Default)]
pub struct Mark(AtomicU64);

impl Mark {
    /// The highest position so far.
    pub fn position(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Raises the mark to `position`; never lowers it. INVARIANT: the state's one writer does it, so that no step of
    /// its own has to wait for the one before to reach memory.
    pub(super) fn raise(&self, position: Position) {
        if position.number() > self.0.load(Ordering::Relaxed) {
            self.0.store(position.number(), Ordering::Release);
        }
    }
}

/// One [`Mark`] a bucket of targets. Two targets in one bucket cost a look-up, never a wrong answer.
pub struct Marks(Box<[Mark]>);

impl Marks {
    /// All buckets at zero. 512 KiB.
    pub fn new() -> Self {
        Self(std::iter::repeat_with(Mark::default).take(BUCKETS).collect())
    }

    /// The highest position of any entry in the bucket of `key`.
    pub fn of(&self, key: TargetKey) -> u64 {
        self.at(key.bucket())
    }

    /// The highest position of any entry in `bucket`.
    pub fn at(&self, bucket: u16) -> u64 {
        // The index has 16 bits and there are 2^16 marks; "no mark" reads as "everything changed".
        self.0.get(usize::from(bucket)).map_or(u64::MAX, Mark::position)
    }

    /// Raises the bucket of `key` to `position`.
    pub(super) fn raise(&self, key: TargetKey, position: Position) {
        if let Some(mark) = self.0.get(usize::from(key.bucket())) {
            mark.raise(position);
        }
    }
}

impl Default for Marks {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Marks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Marks(..)")
    }
}
