//! One connection, as the follower sees it.

use std::time::Duration;

use quash_core::position::Position;
use quash_core::time::Uptime;

use super::incoming::Incoming;
use super::pings::Pings;
use crate::feed::fault::Fault;
use crate::feed::frame::{Ack, Resume, Welcome};

/// How often something is sent before the server says how often.
const HEARTBEAT: Duration = Duration::from_millis(250);

/// The longest time between two pings, whatever the server says.
const LONGEST_HEARTBEAT: Duration = Duration::from_millis(250);

/// How many heartbeats may be missed, and the least time that this stands for.
const MISSED: u32 = 4;
const SHORTEST_SILENCE: Duration = Duration::from_secs(1);

/// A connection.
pub(super) struct Link {
    /// What was asked for.
    pub(super) resume: Option<Resume>,
    pub(super) welcome: Option<Welcome>,
    /// Whether entries may follow the place now.
    pub(super) following: bool,
    pub(super) incoming: Option<Incoming>,
    pub(super) pings: Pings,
    pub(super) acknowledged: Option<Ack>,
    head: Position,
    heard_at: Uptime,
    ping_at: Option<Uptime>,
    /// Since when something is to come and does not.
    behind_since: Option<Uptime>,
}

impl Link {
    pub(super) fn opened(now: Uptime, resume: Option<Resume>) -> Self {
        Self {
            resume,
            welcome: None,
            following: false,
            incoming: None,
            pings: Pings::default(),
            acknowledged: None,
            head: Position::ZERO,
            heard_at: now,
            ping_at: None,
            behind_since: None,
        }
    }

    pub(super) fn welcomed(&mut self, welcome: Welcome, now: Uptime) {
        self.welcome = Some(welcome);
        self.head = welcome.head;
        self.ping_at = Some(now);
    }

    pub(super) fn heard(&mut self, now: Uptime) {
        self.heard_at = now;
        self.pings.heard(now);
    }

    /// The head as it was last heard of; `None` before the welcome.
    pub(super) fn head(&self) -> Option<Position> {
        self.welcome.map(|_| self.head)
    }

    /// The head is `head`: it never goes back on one connection.
    pub(super) fn raise_head(&mut self, head: Position) -> Result<(), Fault> {
        if head < self.head {
            return Err(Fault::Back { what: "the head", before: self.head, after: head });
        }
        self.head = head;
        Ok(())
    }

    /// The log reaches to `position` at least.
    pub(super) fn raise_head_to(&mut self, position: Position) {
        self.head = self.head.max(position);
    }

    fn heartbeat(&self) -> Duration {
        self.welcome.map_or(HEARTBEAT, |welcome| welcome.heartbeat)
    }

    fn longest_silence(&self) -> Duration {
        self.heartbeat().saturating_mul(MISSED).max(SHORTEST_SILENCE)
    }

    /// For how long nothing was heard, once that is too long.
    pub(super) fn silent_for(&self, now: Uptime) -> Option<Duration> {
        let silent_for = now.since(self.heard_at);
        (silent_for >= self.longest_silence()).then_some(silent_for)
    }

    /// Records came.
    pub(super) fn came_closer(&mut self) {
        self.behind_since = None;
    }

    /// For how long nothing came of a head beyond `position`, or of a snapshot, once that is too long: half a lease, so
    /// that there is time to connect anew.
    pub(super) fn stuck_for(&mut self, position: Position, now: Uptime) -> Option<Duration> {
        let welcome = self.welcome.filter(|_| !self.following || position < self.head);
        let Some(welcome) = welcome else {
            self.behind_since = None;
            return None;
        };
        let lasted = now.since(*self.behind_since.get_or_insert(now));
        (lasted >= welcome.lease / 2).then_some(lasted)
    }

    /// Whether a ping is due at `now`; then the next one is due a heartbeat later.
    pub(super) fn takes_ping(&mut self, now: Uptime) -> bool {
        let due = self.ping_at.is_some_and(|at| at <= now);
        if due {
            self.ping_at = Some(now.plus(self.heartbeat().min(LONGEST_HEARTBEAT)));
        }
        due
    }

    pub(super) fn wake_at(&self) -> Uptime {
        let silence = self.heard_at.plus(self.longest_silence());
        self.ping_at.map_or(silence, |ping| ping.min(silence))
    }
}
