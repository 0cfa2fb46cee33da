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
        Some(Page { records, through: page.through, checksum: page.checksum })
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
