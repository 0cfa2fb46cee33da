//! The end of the log in memory: read from the store once, however many follow it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use quash_core::position::Position;
use quash_verify::feed::Page;

/// The most records that are held: 16 pages, some 200 bytes a record.
const MOST_RECORDS: usize = 1 << 16;
/// The most pages that are held, for pages of one record.
const MOST_PAGES: usize = 8192;

/// The latest pages of the log, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Recent {
    held: Mutex<Held>,
    /// Who holds it reads the store for all.
    pub(super) filling: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Held {
    /// Each with the position that it starts after.
    pages: VecDeque<(Position, Page)>,
    records: usize,
}

impl Recent {
    /// What follows `after`, if it is held.
    pub(super) fn after(&self, after: Position) -> Option<Page> {
        let held = self.lock();
        let place = held.pages.partition_point(|(_, page)| page.through <= after);
        let (from, page) = held.pages.get(place)?;
        if *from > after {
            return None;
        }
        let begin = page.records.partition_point(|record| record.position <= after);
        let records = page.records.get(begin..)?.to_vec();
        let Page { through, checksum, forgotten, .. } = *page;
        Some(Page { records, through, checksum, forgotten })
    }

    /// Where the pages end; `None` when there are none.
    pub(super) fn end(&self) -> Option<Position> {
        self.lock().pages.back().map(|(_, page)| page.through)
    }

    /// `page`, which is what follows `from`, is the end of the log now. Pages that it does not join on to are dropped.
    pub(super) fn extend(&self, from: Position, page: &Page) {
        if page.through <= from {
            return;
        }
        let mut held = self.lock();
        if held.pages.back().is_some_and(|(_, last)| last.through != from) {
            *held = Held::default();
        }
        held.records += page.records.len();
        held.pages.push_back((from, page.clone()));
        while held.pages.len() > 1 && (held.records > MOST_RECORDS || held.pages.len() > MOST_PAGES) {
            let dropped = held.pages.pop_front().map_or(0, |(_, page)| page.records.len());
            held.records -= dropped;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // Every change is whole before anything in it can panic.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use quash_core::position::Checksum;
    use quash_core::revocation::entry::Effect;
    use quash_core::revocation::reason::Reason;
    use quash_core::revocation::record::Record;
    use quash_core::revocation::target::TargetKind;
    use quash_core::revocation::target_key::{IssuerKey, TargetKey};
    use quash_core::time::Timestamp;

    use super::*;

    fn position(number: u64) -> Position {
        Position::new(number).unwrap()
    }

    /// The page after `from` up to `through`, with a record at every second position.
    fn page(from: u64, through: u64) -> Page {
        let record = |number| Record {
            position: position(number),
            recorded_at: Timestamp::EPOCH,
            retain_until: Timestamp::FOREVER,
            issuer: IssuerKey::from_bytes([0; 16]),
            kind: TargetKind::Subject,
            key: TargetKey::from_halves([number, number]),
            effect: Effect::End,
            spread: None,
            window: None,
            exception: None,
            undoes: None,
            reason: Reason::known(Reason::ADMIN),
        };
        let records = (from + 1..=through).filter(|number| number % 2 == 0).map(record).collect();
        let forgotten = Timestamp::from_milliseconds(through);
        Page { records, through: position(through), checksum: Checksum([0; 16]), forgotten }
    }

    fn after(recent: &Recent, number: u64) -> Option<(Vec<u64>, u64)> {
        let page = recent.after(position(number))?;
        Some((page.records.iter().map(|record| record.position.number()).collect(), page.through.number()))
    }

    fn filled() -> Recent {
        let recent = Recent::default();
        recent.extend(position(10), &page(10, 14));
        recent.extend(position(14), &page(14, 20));
        recent
    }

    #[test]
    fn whoever_stands_anywhere_within_gets_the_rest_of_that_page() {
        let recent = filled();
        assert_eq!(after(&recent, 10), Some((vec![12, 14], 14)));
        assert_eq!(after(&recent, 12), Some((vec![14], 14)));
        assert_eq!(after(&recent, 13), Some((vec![14], 14)));
        assert_eq!(after(&recent, 14), Some((vec![16, 18, 20], 20)));
        assert_eq!(recent.end(), Some(position(20)));
    }

    #[test]
    fn a_part_of_a_page_says_what_the_page_said_is_forgotten() {
        // I10: it was read by that purge, however long it is held.
        let forgotten = |after| filled().after(position(after)).map(|page| page.forgotten.milliseconds());
        assert_eq!((forgotten(12), forgotten(16)), (Some(14), Some(20)));
    }

    #[test]
    fn what_lies_before_or_behind_is_not_held() {
        let recent = filled();
        assert_eq!((after(&recent, 9), after(&recent, 20), after(&recent, 25)), (None, None, None));
    }

    #[test]
    fn a_page_that_does_not_join_on_starts_anew() {
        // A gap must never look like a stretch without entries.
        let recent = filled();
        recent.extend(position(30), &page(30, 32));
        assert_eq!(
            (after(&recent, 14), after(&recent, 25), after(&recent, 30)),
            (None, None, Some((vec![32], 32)))
        );
        recent.extend(position(32), &page(32, 32));
        assert_eq!(recent.end(), Some(position(32)), "an empty page is none");
    }

    #[test]
    fn what_is_held_is_bounded() {
        // I8
        let recent = Recent::default();
        for number in 0..2 * MOST_PAGES as u64 {
            recent.extend(position(number), &page(number, number + 1));
        }
        assert_eq!(recent.lock().pages.len(), MOST_PAGES);
        assert_eq!(recent.lock().records, MOST_PAGES / 2);
    }
}
