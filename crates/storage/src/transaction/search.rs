//! A page of sessions: which index serves it, and what the filter lets through.

use std::ops::{Bound, ControlFlow};

use quash_core::ids::SessionId;
use quash_core::session::session::Session;
use quash_core::time::Timestamp;

use super::Transaction;
use super::sessions::session_in;
use crate::ports::{Cursor, Filter, LONGEST_PAGE, Listed, Page, PageRequest, StateFilter, StoreError};
use crate::rows;
use crate::tables::session_index::{self, Span};
use crate::tables::{Direction, Read, Table, keys};

/// How many rows one call looks at, at most: what bounds its time when hardly a session passes the filter.
const LOOKED_AT: usize = 2_000;

/// Above every id.
const ABOVE: u8 = 0xFF;

/// The rows that a search goes through.
struct Walk {
    table: Table,
    span: Span,
    direction: Direction,
}

impl Walk {
    /// Through the index that most likely has the fewest rows for this filter.
    fn of(filter: &Filter) -> Self {
        if let Some(token) = &filter.token {
            // An id that says nothing of a session is the id of none.
            let begins = token.session_begins().unwrap_or_default().into_bytes();
            let end = if begins.is_empty() { vec![] } else { [&*begins, &[ABOVE]].concat() };
            return Self::newest_first(Table::Sessions, (begins, end));
        }
        if let Some(subject) = &filter.subject {
            return Self::newest_first(Table::SubjectSessions, keys::all_of(subject.as_str()));
        }
        let index = |span| Self::newest_first(Table::SessionIndex, span);
        if let Some(device) = &filter.device {
            return index(session_index::of_device(device));
        }
        if let Some(prefix) = filter.ip {
            return index(session_index::of_addresses(prefix));
        }
        if let Some(place) = &filter.place {
            return index(session_index::of_place(place));
        }
        if let Some(client) = &filter.client {
            return index(session_index::of_client(client));
        }
        let (from, to) = (filter.last_used_from, filter.last_used_before);
        if from.is_some() || to.is_some() {
            // Upwards: a session that is used meanwhile moves on to where the search has not been.
            return Self { direction: Direction::Up, ..index(session_index::of_last_use(from, to)) };
        }
        Self::newest_first(Table::Sessions, (vec![], vec![ABOVE]))
    }

    const fn newest_first(table: Table, span: Span) -> Self {
        Self { table, span, direction: Direction::Down }
    }

    /// What is left of the rows after the one at `cursor`. A cursor from elsewhere leads nowhere else.
    fn after(&self, cursor: Option<&Cursor>) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
        let (from, to) = self.span.clone();
        let Some(at) = cursor.map(|cursor| cursor.bytes().to_vec()) else {
            return (Bound::Included(from), Bound::Excluded(to));
        };
        match self.direction {
            Direction::Down => (Bound::Included(from), Bound::Excluded(at.min(to))),
            Direction::Up if at < from => (Bound::Included(from), Bound::Excluded(to)),
            Direction::Up => (Bound::Excluded(at), Bound::Excluded(to)),
        }
    }

    /// The session that a row is about.
    fn session<T: Read>(
        &self,
        tables: &Transaction<'_, T>,
        key: &[u8],
        row: &[u8],
    ) -> Result<Option<Session>, StoreError> {
        match self.table {
            Table::Sessions => rows::session::read(row).map(Some),
            Table::SubjectSessions => tables.session_row(&session_in(key)?),
            _ => tables.session_row(&session_index::session_in(key)?),
        }
    }
}

/// Whether there are rows between the two: a range that ends before it begins is no range.
fn is_a_range(from: &Bound<Vec<u8>>, to: &Bound<Vec<u8>>) -> bool {
    match (from, to) {
        (Bound::Included(from) | Bound::Excluded(from), Bound::Excluded(to)) => from < to,
        _ => true,
    }
}

fn borrowed(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

impl<T: Read> Transaction<'_, T> {
    /// A page of sessions.
    pub(crate) fn sessions(&self, filter: &Filter, page: &PageRequest) -> Result<Page<Listed>, StoreError> {
        let limit = page.limit.clamp(1, LONGEST_PAGE);
        let walk = Walk::of(filter);
        let (from, to) = walk.after(page.after.as_ref());
        let (mut items, mut next) = (Vec::new(), None);
        if !is_a_range(&from, &to) {
            return Ok(Page { items, next });
        }
        let (mut looked_at, mut last): (usize, Vec<u8>) = (0, Vec::new());
        let range = (borrowed(&from), borrowed(&to));
        self.tables.scan(walk.table, range, walk.direction, &mut |key, row| {
            let found = if looked_at < LOOKED_AT {
                let session = walk.session(self, key, row)?;
                session.map(|session| self.filtered(session, filter, page.now)).transpose()?.flatten()
            } else {
                None
            };
            if looked_at == LOOKED_AT || (found.is_some() && items.len() == limit) {
                next = Some(Cursor::new(last.as_slice()));
                return Ok(ControlFlow::Break(()));
            }
            items.extend(found);
            looked_at += 1;
            last = key.to_vec();
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Page { items, next })
    }

    /// The session as a list shows it, if the filter lets it through. The cheap questions come first.
    fn filtered(
        &self,
        session: Session,
        filter: &Filter,
        now: Timestamp,
    ) -> Result<Option<Listed>, StoreError> {
        let over = session.over(now).is_some();
        if !filter.fits(&session) || (over && filter.state == StateFilter::Active) {
            return Ok(None);
        }
        let grants = self.grants_of(&session.id)?;
        let device = filter.device.as_ref().is_none_or(|device| {
            let on = |device: &_| session.device.id == *device;
            on(device)
                || grants
                    .iter()
                    .any(|held| held.sign_in.as_deref().is_some_and(|own| own.device.id == *device))
        });
        let client = filter.client.as_ref();
        if !device || client.is_some_and(|client| grants.iter().all(|held| held.client != *client)) {
            return Ok(None);
        }
        let listed = self.listed(session, &grants)?;
        let ended = over || listed.cut_by.is_some();
        let passes = match filter.state {
            StateFilter::Any => true,
            StateFilter::Active => !ended,
            StateFilter::Ended => ended,
        };
        Ok(passes.then_some(listed))
    }
}

impl Filter {
    /// Whether a session fits as far as its own row says.
    fn fits(&self, session: &Session) -> bool {
        self.token.as_ref().is_none_or(|token| is_begun_by(&session.id, token.session_begins().as_deref()))
            && self.subject.as_ref().is_none_or(|subject| *subject == session.subject)
            && self.ip.is_none_or(|prefix| {
                let ip = session.ip.as_deref().and_then(|ip| ip.parse().ok());
                ip.is_some_and(|ip| prefix.contains(ip))
            })
            && self.place.as_ref().is_none_or(|place| {
                let own = session.place.as_deref().map(session_index::place);
                own == Some(session_index::place(place))
            })
            && self.last_used_from.is_none_or(|from| session.last_used_at >= from)
            && self.last_used_before.is_none_or(|before| session.last_used_at < before)
    }
}

fn is_begun_by(id: &SessionId, begin: Option<&str>) -> bool {
    begin.is_some_and(|begin| id.as_str().starts_with(begin))
}
