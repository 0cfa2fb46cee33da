//! The token cache: signature results and parsed claims of tokens that were seen before.
//!
//! ```text
//!   token ──last 16 bytes──▶ map ──candidate──▶ all bytes equal? ──▶ verified before
//! ```
//!
//! Bounded in count and by the tokens' own lives. A decision is never cached: whoever finds a token here
//! still has to judge it.

mod ring;
mod seen;
mod tail;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use papaya::{HashMap, LocalGuard};
use quash_core::revocation::standing::Standing;
use quash_core::time::Timestamp;

use self::ring::{Placed, Ring};
use self::seen::Seen;
use self::tail::{ByTail, Tail};
use crate::activity::{Activity, Uses};
use crate::epoch::Epoch;
use crate::issuer::TrustedIssuer;
use crate::token::VerifiedToken;

/// How many tokens the map has room for at first.
const FIRST_ROOM: usize = 64;

/// How many places are swept before a waiting insert gets its turn.
const SWEPT_AT_ONCE: usize = 1024;

/// Verified tokens by their text.
///
/// Readers take no lock; inserting takes one. INVARIANT: a text is found only if every byte of it is that of a
/// text that was inserted, and then with the token that it was inserted with (attack row 24).
pub(crate) struct TokenCache {
    map: HashMap<Tail, Cached, ByTail>,
    ring: Mutex<Ring>,
    capacity: usize,
    activity: Activity,
}

/// A verified token under its text, with all that a repeated check reads, in one place.
#[repr(C)]
pub(crate) struct Cached {
    text: Box<str>,
    issuer: Arc<TrustedIssuer>,
    epoch: Arc<Epoch>,
    place: u32,
    seen: Seen,
    /// Whether somebody found it since the ring's hand passed.
    used: AtomicBool,
    standing: Standing,
    token: Arc<VerifiedToken>,
}

/// What is kept of a token that was judged for the first time.
pub(crate) struct Judged {
    pub(crate) token: Arc<VerifiedToken>,
    pub(crate) standing: Standing,
    /// Where it was judged: `standing` is one of its state.
    pub(crate) epoch: Arc<Epoch>,
    /// When it was accepted, if it was.
    pub(crate) seen_at: Option<Timestamp>,
}

impl Cached {
    pub(crate) fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    pub(crate) fn token(&self) -> &Arc<VerifiedToken> {
        &self.token
    }

    pub(crate) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// It is accepted at `now`: its session is used.
    #[inline]
    pub(crate) fn note_use(&self, now: Timestamp) {
        self.seen.note(now);
    }

    /// Whether the signature still counts: neither the issuer's keys nor its rules nor the log changed since.
    pub(crate) fn is_current(&self) -> bool {
        self.issuer.is_current()
    }
}

impl TokenCache {
    /// A cache for at most `capacity` tokens; zero is no cache. Grows as it fills.
    /// `activity` is told of uses that no cached token stands for any more.
    pub(crate) fn new(capacity: usize, activity: Activity) -> Self {
        Self { map: HashMap::default(), ring: Mutex::new(Ring::new(capacity)), capacity, activity }
    }

    /// The uses that no cached token stands for.
    pub(crate) const fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Takes the uses that cached tokens stand for.
    pub(crate) fn take_seen(&self, uses: &mut Uses) {
        let map = self.map.pin();
        for cached in map.values() {
            if let Some(at) = cached.seen.take() {
                uses.note(&cached.token, at);
            }
        }
    }

    /// What keeps found tokens alive. A few nanoseconds.
    pub(crate) fn guard(&self) -> LocalGuard<'_> {
        self.map.guard()
    }

    /// The token whose text is `text`, every byte of it.
    #[inline]
    pub(crate) fn find<'g>(&self, text: &str, guard: &'g LocalGuard<'_>) -> Option<&'g Cached> {
        let cached = self.map.get(&Tail::of(text)?, guard)?;
        if *cached.text != *text {
            return None;
        }
        // Written once a turn of the ring, so that readers do not fight for the line.
        if !cached.used.load(Ordering::Relaxed) {
            cached.used.store(true, Ordering::Relaxed);
        }
        Some(cached)
    }

    /// Keeps `token` under its text, in place of one with the same tail if there is one.
    pub(crate) fn insert(&self, text: &str, judged: Judged, now: Timestamp) {
        let Judged { token, standing, epoch, seen_at } = judged;
        let Some(tail) = Tail::of(text).filter(|_| self.capacity > 0) else {
            seen_at.inspect(|at| self.activity.keep(&token, *at));
            return;
        };
        let placed = Placed { tail, until: standing.until() };
        let issuer = Arc::clone(token.trusted_issuer());
        let used = AtomicBool::new(false);
        let seen = if self.activity.concerns(&token) { Seen::new(seen_at) } else { Seen::unasked() };
        let mut cached = Cached { text: text.into(), issuer, place: 0, seen, used, standing, token, epoch };
        let map = self.map.pin();
        let mut ring = self.lock();
        if let Some(held) = map.get(&tail) {
            ring.set(held.place, placed);
            cached.place = held.place;
        } else {
            let was_used = |tail| map.get(&tail).is_some_and(|held| held.used.swap(false, Ordering::Relaxed));
            let Some((place, gone)) = ring.place(placed, now, was_used) else { return };
            // The map itself would grow only when it is nearly full and slow.
            if ring.is_crowded() {
                map.reserve(ring.double_room(FIRST_ROOM));
            }
            if let Some(gone) = gone {
                self.let_go(map.remove(&gone.tail));
            }
            cached.place = place;
        }
        self.let_go(map.insert(tail, cached));
    }

    /// Lets every token go whose life is over at `now`. Returns how many went. Walks all places, a few
    /// nanoseconds each, and holds up inserts only for moments.
    pub(crate) fn sweep(&self, now: Timestamp) -> usize {
        let mut swept = 0;
        let mut from = 0;
        loop {
            let mut ring = self.lock();
            let gone = ring.clear_over(from, from + SWEPT_AT_ONCE, now);
            let map = self.map.pin();
            for placed in &gone {
                self.let_go(map.remove(&placed.tail));
            }
            swept += gone.len();
            from += SWEPT_AT_ONCE;
            if from >= ring.len() {
                return swept;
            }
        }
    }

    /// Lets every token go.
    pub(crate) fn clear(&self) {
        self.sweep(Timestamp::FOREVER);
    }

    /// How many tokens are kept.
    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    /// Keeps the use that a token stood for which leaves.
    fn let_go(&self, gone: Option<&Cached>) {
        if let Some(gone) = gone
            && let Some(at) = gone.seen.take()
        {
            self.activity.keep(&gone.token, at);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        // A panic between two steps of an insert costs at most a place.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenCache").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
