//! Bytes that look random and follow from a seed.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::entropy::{Entropy, NoEntropy};

/// Bytes that look random and follow from a seed: for simulations and tests, never for a server.
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

/// The step of the `SplitMix64` generator: the golden ratio in 64 bits.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl SeededEntropy {
    /// The same seed gives the same bytes in the same order.
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        let state = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        for chunk in bytes.chunks_mut(8) {
            let random = self.next().to_be_bytes();
            chunk.iter_mut().zip(random).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}
