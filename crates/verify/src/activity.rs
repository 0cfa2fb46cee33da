//! Which sessions were used, for whoever keeps their idle limits (S05).
//!
//! ```text
//!   check ──accepted──▶ one word beside the cached token ──take──▶ report ──▶ authority
//!                          │ the token leaves the cache             │ nobody took it
//!                          └────────────▶ kept ◀────────────────────┘
//! ```
//!
//! A check writes at most one word a second, into a line that it has read; everything else is done by whoever takes the
//! report.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use quash_core::ids::{ClientId, DeviceId, SessionId};
use quash_core::session::last_use::{LastUse, UsedBy};
use quash_core::time::Timestamp;

use crate::token::VerifiedToken;
use crate::verifier::Verifier;

/// How many uses are kept at least, if the cache holds fewer tokens.
const LEAST_KEPT: usize = 65_536;

/// Uses that are no longer, or not yet again, beside a cached token.
#[derive(Debug)]
pub(crate) struct Activity {
    reported: bool,
    most: usize,
    kept: Mutex<Uses>,
    dropped: AtomicU64,
}

/// The latest use of each sign-in.
#[derive(Debug, Default)]
pub(crate) struct Uses(HashMap<UsedBy, Timestamp>);

impl Activity {
    /// Whether anything is noted, and beside how many cached tokens.
    pub(crate) fn new(reported: bool, cached_tokens: usize) -> Self {
        let most = cached_tokens.max(LEAST_KEPT);
        Self { reported, most, kept: Mutex::default(), dropped: AtomicU64::new(0) }
    }

    /// Whether uses of `token` are reported: it is of a session, and that is our own authority's.
    pub(crate) fn concerns(&self, token: &VerifiedToken) -> bool {
        self.reported && token.is_own() && token.session().is_some()
    }

    /// Keeps a use of `token`, if it concerns anybody.
    pub(crate) fn keep(&self, token: &VerifiedToken, at: Timestamp) {
        if self.concerns(token)
            && let Some(by) = used_by(token)
        {
            self.keep_all([LastUse { by, at }]);
        }
    }

    fn keep_all(&self, uses: impl IntoIterator<Item = LastUse>) {
        let mut kept = self.lock();
        let dropped = uses.into_iter().filter(|seen| !kept.note_up_to(self.most, seen)).count();
        self.dropped.fetch_add(dropped as u64, Ordering::Relaxed);
    }

    fn take(&self) -> Uses {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Uses> {
        // Each use is complete in itself.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Uses {
    /// Notes a use of `token`; the latest counts.
    pub(crate) fn note(&mut self, token: &VerifiedToken, at: Timestamp) {
        if let Some(by) = used_by(token) {
            let latest = self.0.entry(by).or_insert(at);
            *latest = at.max(*latest);
        }
    }

    /// Whether there was room among at most `most` sign-ins.
    fn note_up_to(&mut self, most: usize, seen: &LastUse) -> bool {
        if let Some(latest) = self.0.get_mut(&seen.by) {
            *latest = seen.at.max(*latest);
        } else if self.0.len() < most {
            self.0.insert(seen.by.clone(), seen.at);
        } else {
            return false;
        }
        true
    }
}

/// Whose token it is. None for what no store of ours could hold.
fn used_by(token: &VerifiedToken) -> Option<UsedBy> {
    Some(UsedBy {
        session: SessionId::new(token.session()?).ok()?,
        client: ClientId::new(token.client()?).ok()?,
        device: token.device().and_then(|device| DeviceId::new(device).ok()),
    })
}

impl Verifier {
    /// Which sign-ins of our own authority were used since this was called last: each once, with the latest instant that
    /// an access token of it was accepted at. The instant is that of the check, up to 1,024 ms early and never late.
    ///
    /// Empty unless the verifier was built to [report it](crate::Builder::reports_activity). Walks the cache: some
    /// milliseconds for 100,000 tokens, during which checks go on.
    ///
    /// What leaves the cache before it is asked for is kept: as many sign-ins as tokens may be cached, at least 65,536.
    /// Beyond that uses are [dropped](crate::Counts::uses_dropped). A check that is under way while its token leaves
    /// the cache may not be told of.
    pub fn take_activity(&self) -> Vec<LastUse> {
        let mut uses = self.cache.activity().take();
        self.cache.take_seen(&mut uses);
        uses.0.into_iter().map(|(by, at)| LastUse { by, at }).collect()
    }

    /// Keeps what was taken, or what somebody else saw, for the next report. Where there is no room it is dropped and
    /// counted.
    pub fn keep_activity(&self, uses: impl IntoIterator<Item = LastUse>) {
        self.cache.activity().keep_all(uses);
    }

    /// Whether it was built to report uses of sessions.
    pub fn reports_activity(&self) -> bool {
        self.cache.activity().reported
    }

    /// Whether there is room for `more` uses in the next report.
    pub fn has_room_for_activity(&self, more: usize) -> bool {
        let activity = self.cache.activity();
        activity.lock().0.len().saturating_add(more) <= activity.most
    }

    pub(crate) fn uses_dropped(&self) -> u64 {
        self.cache.activity().dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(number: usize, seconds: u64) -> LastUse {
        let session = SessionId::new(format!("ses_{number}")).unwrap();
        let by = UsedBy { session, client: ClientId::new("web").unwrap(), device: None };
        LastUse { by, at: Timestamp::from_seconds(seconds) }
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_found_no_room_is_counted() {
        // S05, I8
        let activity = Activity::new(true, 0);
        activity.keep_all((0..LEAST_KEPT).map(|number| seen(number, 1)));
        assert_eq!(activity.dropped.load(Ordering::Relaxed), 0);
        activity.keep_all((0..LEAST_KEPT + 3).map(|number| seen(number, 2)));
        assert_eq!(activity.dropped.load(Ordering::Relaxed), 3, "those that were there have room");
        let taken = activity.take().0;
        assert_eq!(taken.len(), LEAST_KEPT);
        assert!(taken.values().all(|at| at.seconds() == 2));
        activity.keep_all([seen(LEAST_KEPT, 3)]);
        assert_eq!(activity.take().0.len(), 1, "there is room again");
    }
}
