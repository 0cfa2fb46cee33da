//! Counters by name, for names that are not known beforehand.

use std::sync::atomic::{AtomicU64, Ordering};

use papaya::HashMap;

/// How many names are told apart. Any word can be a reason, and a metric must not grow without bound.
const MOST: usize = 256;

/// The name that the rest is counted under.
const OTHER: &str = "other";

/// Counts by name. Counting takes no lock.
#[derive(Debug, Default)]
pub(crate) struct Reasons(HashMap<Box<str>, AtomicU64>);

impl Reasons {
    pub(crate) fn count(&self, name: &str) {
        let counts = self.0.pin();
        let counter = counts.get(name).unwrap_or_else(|| {
            // Threads that race here may let a few names more in than the bound says.
            let name = if counts.len() < MOST { name } else { OTHER };
            counts.get_or_insert_with(name.into(), AtomicU64::default)
        });
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// All counts, ordered by name.
    pub(crate) fn read(&self) -> Vec<(String, u64)> {
        let counts = self.0.pin();
        let mut read: Vec<_> =
            counts.iter().map(|(name, count)| (name.to_string(), count.load(Ordering::Relaxed))).collect();
        read.sort_unstable();
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_bound_are_counted_together() {
        let reasons = Reasons::default();
        for number in 0..MOST + 10 {
            reasons.count(&format!("reason_{number:03}"));
            reasons.count("reason_000");
        }
        let read = reasons.read();
        assert_eq!(read.len(), MOST + 1);
        assert_eq!(read.iter().find(|(name, _)| name == OTHER).unwrap().1, 10);
        assert_eq!(read.iter().map(|(_, count)| count).sum::<u64>(), 2 * (MOST as u64 + 10));
    }
}
