//! One verifier instance, as whoever grants its lease sees it.

use std::time::Duration;

use super::{Goal, Terms, margin};
use crate::position::Position;
use crate::time::{Timestamp, Uptime};

/// For how long an unfenced instance is kept after it was last heard of: one that merely lost its connection goes on
/// accepting, and has to be reported.
pub(super) const UNFENCED_KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// One verifier instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it was granted.
    pub terms: Terms,
    /// The highest position that it acknowledged.
    pub watermark: Position,
    /// The highest version of the trust document that it acknowledged.
    pub trust: u64,
    /// When it acknowledged [`Row::watermark`]; `None` before its first acknowledgement.
    pub acknowledged_at: Option<Timestamp>,
    /// When its lease is over; `None` while no answer was given to it.
    pub runs_until: Option<Uptime>,
    /// How many connections it has: two for a moment when it reconnects faster than the old one is found dead.
    pub connections: u32,
    last_contact: Uptime,
}

impl Row {
    pub(super) fn new(terms: Terms, now: Uptime) -> Self {
        Self {
            terms,
            watermark: Position::ZERO,
            trust: 0,
            acknowledged_at: None,
            runs_until: None,
            connections: 0,
            last_contact: now,
        }
    }

    /// Whether its lease runs at `now`. At its end exactly it does not.
    pub fn runs(&self, now: Uptime) -> bool {
        self.runs_until.is_some_and(|until| now < until)
    }

    /// Whether it may be accepting tokens at `now`.
    pub(super) fn may_accept(&self, now: Uptime) -> bool {
        self.terms.unfenced || self.runs(now)
    }

    /// Whether it did what is waited for.
    pub(super) fn reached(&self, goal: Goal) -> bool {
        match goal {
            Goal::Watermark(position) => self.watermark >= position,
            Goal::Trust(version) => self.trust >= version,
        }
    }

    /// Whether nothing depends on it any more.
    pub(super) fn is_over(&self, now: Uptime) -> bool {
        let kept = self.terms.unfenced && now < self.last_contact.plus(UNFENCED_KEPT_FOR);
        self.connections == 0 && !kept && !self.runs(now)
    }

    pub(super) fn admit(&mut self, terms: Terms, now: Uptime) {
        // INVARIANT: an instance that ever accepted beyond its lease may be doing so still.
        let unfenced = self.terms.unfenced || terms.unfenced;
        self.terms = Terms { unfenced, ..terms };
        self.connections = self.connections.saturating_add(1);
        self.last_contact = self.last_contact.max(now);
    }

    pub(super) fn extend(&mut self, asked_at: Uptime, now: Uptime) {
        let lease = self.terms.lease;
        let until = asked_at.plus(lease).plus(margin(lease));
        self.runs_until = self.runs_until.max(Some(until));
        self.last_contact = self.last_contact.max(now);
    }

    pub(super) fn acknowledge(&mut self, watermark: Position, trust: u64, at: Timestamp) {
        if watermark > self.watermark || self.acknowledged_at.is_none() {
            self.watermark = self.watermark.max(watermark);
            self.acknowledged_at = Some(at);
        }
        self.trust = self.trust.max(trust);
    }

    pub(super) fn forget_acknowledgement(&mut self) {
        self.watermark = Position::ZERO;
        self.acknowledged_at = None;
    }

    pub(super) fn disconnected(&mut self, now: Uptime) {
        self.connections = self.connections.saturating_sub(1);
        self.last_contact = self.last_contact.max(now);
    }
}
