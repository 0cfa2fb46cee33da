//! Looking at the verifiers.

use std::time::Duration;

use quash_core::lease::{Instance, Row};
use quash_core::position::Position;
use quash_core::time::{Timestamp, Uptime};

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::Error;
use crate::page::Page;
use crate::permissions::{Verb, authorize};

/// A verifier that follows the feed, or did within its lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierInfo {
    /// Which run of which process.
    pub instance: Instance,
    /// What people call it.
    pub name: Box<str>,
    /// The position that it acknowledged; `None` before it acknowledged one.
    pub watermark: Option<Position>,
    /// How many positions it is behind the head.
    pub lag: Option<u64>,
    /// When it acknowledged.
    pub acknowledged_at: Option<Timestamp>,
    /// Whether it has a connection.
    pub connected: bool,
    /// How long its lease still runs; zero when it is over or has not begun.
    pub lease_ends_in: Duration,
    /// Whether it goes on accepting when its lease is over.
    pub unfenced: bool,
    /// Whether it hands the feed on to others.
    pub relay: bool,
}

/// Which page of verifiers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VerifierPage {
    /// Those after this one.
    pub after: Option<Instance>,
    /// At most so many.
    pub limit: usize,
}

impl Authority {
    /// The verifiers that hold a lease or have a connection here, by instance. From memory.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn list_verifiers(&self, caller: &Caller, page: VerifierPage) -> Result<Page<VerifierInfo>, Error> {
        authorize(caller, Verb::ReadVerifiers)?;
        let now = self.leases.uptime.uptime();
        let head = self.durable_head();
        let table = self.leases.table();
        let mut rows = table.rows_after(page.after.as_ref());
        let items: Vec<VerifierInfo> =
            rows.by_ref().take(page.limit).map(|(instance, row)| info(*instance, row, head, now)).collect();
        let last = items.last().filter(|_| rows.next().is_some());
        let next_cursor = last.map(|verifier| verifier.instance.to_string());
        Ok(Page { items, next_cursor })
    }

    /// How many verifiers have a connection here: a figure.
    pub fn connected_verifiers(&self) -> usize {
        self.leases.table().rows().filter(|(_, row)| row.connections > 0).count()
    }
}

fn info(instance: Instance, row: &Row, head: Position, now: Uptime) -> VerifierInfo {
    let watermark = row.acknowledged_at.map(|_| row.watermark);
    VerifierInfo {
        instance,
        name: row.terms.name.clone(),
        watermark,
        lag: watermark.map(|watermark| head.number().saturating_sub(watermark.number())),
        acknowledged_at: row.acknowledged_at,
        connected: row.connections > 0,
        lease_ends_in: row.runs_until.map_or(Duration::ZERO, |until| until.since(now)),
        unfenced: row.terms.unfenced,
        relay: row.terms.relay,
    }
}
