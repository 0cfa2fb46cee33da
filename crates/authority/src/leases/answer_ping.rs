//! A verifier asks where the log stands.

use std::time::Duration;

use quash_core::position::Position;
use quash_core::time::Uptime;

use super::Lease;

/// What a verifier is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The durable head: whoever has reached it is fresh as of when it asked.
    pub head: Position,
    /// The version of the trust document that must have been sent before this answer is.
    pub trust: u64,
}

impl Lease {
    /// Extends the lease for a ping that was received at `received_at`, by the uptime of this machine, and says what to
    /// answer. From memory. The answer may be lost or come late; the lease runs all the same.
    pub fn answer_ping(&self, received_at: Uptime) -> Answer {
        // INVARIANT: under one lock, the extension and the reading of the head. Whoever begins to wait before waits for
        // the lease as it was, and the head in this answer has what they wait for; whoever begins after waits for the
        // lease as it is now.
        let mut table = self.authority.leases.table();
        // It is in the table for as long as it has a connection.
        let _until = table.extend(&self.instance, received_at, Duration::ZERO);
        Answer { head: self.authority.durable_head(), trust: *self.authority.trust_changes.borrow() }
    }
}
