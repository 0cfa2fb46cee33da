//! Stopping and starting: in good order, and through a fault.

use std::time::Duration;

use quash_storage::ports::StoreError;

use super::{Run, Taken};
use crate::invariants::i1_revoked_is_refused_at_once::Watermark;
use crate::invariants::{
    i3_acknowledged_is_durable as i3, i4_one_live_successor as i4, i10_clock_jumps_leave_cutoffs_alone as i10,
};
use crate::plan::Fault;
use crate::violation::Violation;

/// Of how many of the latest sessions and grants the rows are looked at after a start.
const LOOKED_AT: usize = 24;

impl Run {
    pub(super) async fn restart(&mut self) -> Result<Taken, Violation> {
        if self.under_fault {
            // The disk would fail while the store is opened: that is another test's business.
            return Ok(self.skip());
        }
        self.world.restart().await?;
        self.after_start().await?;
        Ok(Taken)
    }

    /// Restarts with an allowlist where there was none, or without one. What lives is registered by the start.
    pub(super) async fn switch_allowlist(&mut self) -> Result<Taken, Violation> {
        if self.under_fault || !self.keeps_allowlist {
            return Ok(self.skip());
        }
        let on = !self.oracle.rules.allowlist;
        self.world.switch_allowlist(on).await?;
        self.oracle.switch_allowlist(on, self.world.server()?.authority.now());
        self.after_start().await?;
        Ok(self.saw(if on { "allowlist: on" } else { "allowlist: off" }))
    }

    pub(super) async fn go_through(&mut self, fault: Fault) -> Result<(), Violation> {
        let struck = self.world.recover(fault).await?;
        let when = if struck { "in the middle" } else { "after the last write" };
        self.coverage.count(format!("{} {when}", fault.name()));
        self.observe("recovered", fault.name());
        self.under_fault = false;
        self.after_start().await
    }

    async fn after_start(&mut self) -> Result<(), Violation> {
        self.watermark = Watermark::default();
        self.oracle.issued_before_start = self.oracle.issued_at;
        self.world.retreat(Duration::ZERO, self.oracle.issued_at);
        let log = self.whole_log().await?;
        let server = self.world.server()?;
        let head = server.store.head().await.map_err(Violation::stuck)?.position;
        i3::log_is_whole(&self.oracle, head, &log)?;
        i10::ratchet_holds(server.authority.now(), self.oracle.ratchet)?;
        self.resolve_doubts().await?;
        self.rows_are_kept().await.map_err(Violation::stuck)?
    }

    /// A use whose answer was lost rotated the token away, or it did not.
    async fn resolve_doubts(&mut self) -> Result<(), Violation> {
        for place in 0..self.oracle.grants.len() {
            let Some(grant) = self.oracle.grants.get_mut(place) else { continue };
            let Some(now) = grant.doubt.take() else { continue };
            let Some((row, listed)) =
                self.world.server()?.store.grant(&grant.id).await.map_err(Violation::stuck)?
            else {
                continue;
            };
            let rotated = row.generation.0 > u64::try_from(grant.current()).unwrap_or(u64::MAX);
            if rotated {
                grant.rotate(now, None);
            }
            i4::row_agrees(grant, row.generation.0)?;
            let session = grant.session;
            if let Some(session) = self.oracle.sessions.get_mut(session) {
                session.last_used_at = listed.session.last_used_at;
            }
            self.coverage.count(if rotated { "lost reply: rotated" } else { "lost reply: not rotated" });
        }
        Ok(())
    }

    /// Every acknowledged sign-in and rotation is in the rows.
    async fn rows_are_kept(&self) -> Result<Result<(), Violation>, StoreError> {
        let Ok(server) = self.world.server() else { return Ok(Ok(())) };
        for grant in self.oracle.grants.iter().rev().take(LOOKED_AT) {
            let row = server.store.grant(&grant.id).await?;
            let session = self.oracle.session_of(grant);
            if row.is_none() && session.is_some_and(|session| self.oracle.may_be_purged(session)) {
                continue;
            }
            if let Err(violation) = i3::rotation_is_kept(grant, row.map(|(row, _)| row.generation.0)) {
                return Ok(Err(violation));
            }
        }
        Ok(Ok(()))
    }
}
