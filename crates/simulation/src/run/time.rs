//! Time, and what time makes over.

use std::time::Duration;

use quash_core::time::Timestamp;

use super::{Run, Taken};
use crate::invariants::{i8_memory_is_bounded as i8, i10_clock_jumps_leave_cutoffs_alone as i10};
use crate::oracle::Session;
use crate::plan::{Edge, Pick};
use crate::violation::Violation;

impl Run {
    pub(super) fn advance(&mut self, milliseconds: u64) -> Result<Taken, Violation> {
        self.world.advance(Duration::from_millis(milliseconds));
        self.observe_time()
    }

    /// Moves on to `offset` milliseconds from an edge; never back.
    pub(super) fn move_to(&mut self, pick: Pick, edge: Edge, offset: i64) -> Result<Taken, Violation> {
        let Some(edge) = self.edge(pick, edge) else { return Ok(self.skip()) };
        let aim = edge.milliseconds().checked_add_signed(offset).map(Timestamp::from_milliseconds);
        let now = self.world.server()?.authority.now();
        let Some(aim) = aim.filter(|aim| *aim > now) else { return Ok(self.skip()) };
        self.world.clock.set(aim);
        self.observe_time()
    }

    fn edge(&self, pick: Pick, edge: Edge) -> Option<Timestamp> {
        let oracle = &self.oracle;
        match edge {
            Edge::TokenEnd => pick.of(&oracle.tokens).map(|token| Timestamp::from_seconds(token.says.exp)),
            Edge::GraceEnd => {
                let rotated_at = pick.of(&oracle.grants)?.rotated_at.last()?;
                Some(rotated_at.plus(oracle.rules.grace))
            }
            Edge::IdleEnd => pick.of(&oracle.sessions).map(Session::idle_end),
            Edge::AbsoluteEnd => pick.of(&oracle.sessions).map(|session| session.absolute_end),
        }
    }

    pub(super) fn jump_back(&mut self, milliseconds: u64) -> Result<Taken, Violation> {
        self.world.retreat(Duration::from_millis(milliseconds), self.oracle.issued_before_start);
        i10::holds(self.world.server()?, &self.oracle)?;
        self.observe_time()
    }

    pub(super) async fn purge(&mut self) -> Result<Taken, Violation> {
        let server = self.world.server()?;
        let now = server.authority.now();
        let registered = server.verifier.registered_sessions();
        let purged = server.authority.maintain().await;
        self.oracle.purged_at = self.oracle.purged_at.max(now);
        match purged {
            Ok(purged) => {
                let held = i8::Held {
                    entries: server.verifier.live_entries(),
                    registrations: server.verifier.registered_sessions(),
                };
                i8::holds(&self.oracle, held, now)?;
                if held.registrations < registered {
                    self.coverage.count("purged: registrations");
                }
                self.oracle.ratchet = self.oracle.ratchet.max(now);
                self.observe("purged", purged);
                self.count_purged(&purged);
                Ok(Taken)
            }
            Err(error) => self.excuse(&error),
        }
    }

    fn count_purged(&mut self, purged: &quash_authority::Maintained) {
        let removed = [
            ("purged: entries of the verifier", purged.verifier_entries > 0),
            ("purged: entries of the store", purged.store.entries > 0),
            ("purged: sessions", purged.store.sessions > 0),
        ];
        removed.iter().filter(|(_, some)| *some).for_each(|(what, _)| self.coverage.count(*what));
    }

    pub(super) async fn rotate_keys(&mut self) -> Result<Taken, Violation> {
        let server = self.world.server()?;
        match server.authority.rotate_keys(&server.admin).await {
            Ok(_) => Ok(self.saw("rotated the keys")),
            Err(error) => self.excuse(&error),
        }
    }

    fn observe_time(&mut self) -> Result<Taken, Violation> {
        let now = self.world.server()?.authority.now();
        self.observe("now", now.milliseconds());
        Ok(Taken)
    }
}
