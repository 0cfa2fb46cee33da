//! How many records of the local file are over.

use std::collections::BTreeMap;

use quash_core::revocation::record::Record;
use quash_core::time::Timestamp;

/// Fewer records than this are not worth a rewrite.
const FEW: u64 = 1_000;

/// Records that end within as many seconds of each other are counted together.
const SPAN_SECONDS: u64 = 10;

/// Counts the records of a local file by their end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::feed) struct Tally {
    records: u64,
    /// Superseded by a later snapshot in the same file.
    superseded: u64,
    /// How many of the others end in each span.
    ends: BTreeMap<u64, u64>,
}

impl Tally {
    pub(in crate::feed) fn note_all(&mut self, records: &[Record]) {
        self.records += records.len() as u64;
        for record in records {
            let span = record.retain_until.seconds_rounded_up().div_ceil(SPAN_SECONDS);
            *self.ends.entry(span).or_default() += 1;
        }
    }

    /// The records of `before` stand in the same file, and are superseded by these.
    pub(in crate::feed) fn superseding(mut self, before: &Self) -> Self {
        self.records += before.records;
        self.superseded += before.records;
        self
    }

    /// Whether more than half of the records are over or superseded at `now`, and it is worth it.
    pub(in crate::feed) fn asks_for_rewrite(&self, now: Timestamp) -> bool {
        let over: u64 = self.ends.range(..=now.seconds() / SPAN_SECONDS).map(|(_, count)| count).sum();
        self.records >= FEW && (self.superseded + over).saturating_mul(2) > self.records
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::batch::tests::record;

    fn until(second: u64) -> Vec<Record> {
        vec![Record { retain_until: Timestamp::from_seconds(second), ..record(1) }; 1_000]
    }

    #[test]
    fn a_file_is_rewritten_when_more_than_half_of_its_records_are_over() {
        let mut tally = Tally::default();
        tally.note_all(&until(100));
        tally.note_all(&until(200));
        assert!(!tally.asks_for_rewrite(Timestamp::from_seconds(199)), "just half of them");
        assert!(tally.asks_for_rewrite(Timestamp::from_seconds(200)));
    }

    #[test]
    fn what_a_later_snapshot_repeats_counts_as_over() {
        let mut first = Tally::default();
        first.note_all(&until(100));
        let mut second = Tally::default();
        second.note_all(&until(100)[..999]);
        let both = second.superseding(&first);
        assert!(both.asks_for_rewrite(Timestamp::EPOCH));
        let few = Tally { records: FEW - 1, superseded: FEW - 1, ends: BTreeMap::new() };
        assert!(!few.asks_for_rewrite(Timestamp::EPOCH), "a short file may hold what it likes");
    }
}
