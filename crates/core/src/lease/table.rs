//! All leases that one authority, or one relay, has granted.

use std::collections::BTreeMap;

use super::row::Row;
use super::waiting::{Applied, Goal, Named, Pending, Standing, Waiting, Watched};
use super::{Instance, Terms};
use crate::planted::{self, Bug};
use crate::position::Position;
use crate::time::{Timestamp, Uptime};

/// The leases that were granted, by instance. Every rule is in here; whoever holds the table brings the clock, and
/// sees to it that it outlives a restart.
#[derive(Clone, Debug, Default)]
pub struct LeaseTable {
    rows: BTreeMap<Instance, Row>,
}

impl LeaseTable {
    /// No lease at all.
    pub const fn new() -> Self {
        Self { rows: BTreeMap::new() }
    }

    /// What is known after a restart: every verifier that was ever granted a lease, and is not known to be over, counts
    /// as accepting for one more lease, for it may have been given an answer just before.
    pub fn recovered(rows: impl IntoIterator<Item = (Instance, Terms)>, now: Uptime) -> Self {
        let recovered = |(instance, terms)| {
            let mut row = Row::new(terms, now);
            row.extend(now, now);
            (instance, row)
        };
        Self { rows: rows.into_iter().map(recovered).collect() }
    }

    /// Takes a verifier in that said hello. One that is known keeps the end of its lease and its watermark.
    pub fn admit(&mut self, instance: Instance, terms: Terms, now: Uptime) {
        let row = self.rows.entry(instance).or_insert_with(|| Row::new(terms.clone(), now));
        row.admit(terms, now);
    }

    /// An answer to a ping is about to leave: the lease runs for its length and margin from when the ping was received
    /// at `received_at`, less the `age` of what the answerer itself knows (zero at the authority). It never becomes
    /// shorter. Says until when it runs; `None` for an instance that was not admitted, which must get no answer.
    ///
    /// INVARIANT: the head in the answer is read after `received_at`, and nobody begins to wait between that and this.
    pub fn extend(
        &mut self,
        instance: &Instance,
        received_at: Uptime,
        age: std::time::Duration,
    ) -> Option<Uptime> {
        let row = self.rows.get_mut(instance)?;
        row.extend(received_at.minus(age), received_at);
        row.runs_until
    }

    /// A verifier says that it applied and stored every entry up to `watermark`, and uses version `trust` of the trust
    /// document. Neither ever goes back. Nothing happens for an instance that is not known.
    pub fn acknowledge(&mut self, instance: &Instance, watermark: Position, trust: u64, at: Timestamp) {
        if let Some(row) = self.rows.get_mut(instance) {
            row.acknowledge(watermark, trust, at);
        }
    }

    /// The log became another one: no position that was acknowledged before says anything of it. Leases run on.
    pub fn forget_acknowledgements(&mut self) {
        self.rows.values_mut().for_each(Row::forget_acknowledgement);
    }

    /// A connection of the verifier ended. Its lease runs on.
    pub fn disconnected(&mut self, instance: &Instance, now: Uptime) {
        if let Some(row) = self.rows.get_mut(instance) {
            row.disconnected(now);
        }
    }

    /// Drops the verifiers without a connection whose lease is over; unfenced ones 24 h after they were last heard of.
    /// Says which: their durable records can go.
    pub fn expire(&mut self, now: Uptime) -> Vec<Instance> {
        self.rows.extract_if(.., |_, row| row.is_over(now)).map(|(instance, _)| instance).collect()
    }

    /// Begins to wait for everybody who may be accepting at `now` to reach `goal`.
    pub fn watch(&self, goal: impl Into<Goal>, now: Uptime) -> Waiting {
        let watched = |(instance, row): (&Instance, &Row)| Watched {
            instance: *instance,
            name: row.terms.name.clone(),
            unfenced: row.terms.unfenced,
            runs_until: row.runs_until.unwrap_or(Uptime::ZERO),
        };
        let connected = |row: &Row| row.connections > 0 || !planted::is(Bug::WaitIgnoresDisconnected);
        let rows = self.rows.iter().filter(|(_, row)| row.may_accept(now) && connected(row));
        let rows = rows.map(watched).collect();
        Waiting { goal: goal.into(), rows }
    }

    /// How things stand at `now` for somebody who waits. At the end of a lease exactly it is over.
    pub fn settled(&self, waiting: &Waiting, now: Uptime) -> Standing {
        let mut standing = Standing::default();
        for watched in &waiting.rows {
            self.stand(&mut standing, waiting.goal, watched, now);
        }
        standing
    }

    fn stand(&self, standing: &mut Standing, goal: Goal, watched: &Watched, now: Uptime) {
        let Watched { instance, name, unfenced, runs_until } = watched;
        if let Some(row) = self.rows.get(instance).filter(|row| row.reached(goal)) {
            return standing.applied.push(Applied {
                instance: *instance,
                name: name.clone(),
                watermark: row.watermark,
                at: row.acknowledged_at.unwrap_or_default(),
            });
        }
        let named = Named { instance: *instance, name: name.clone() };
        if now < *runs_until {
            let ends_in = runs_until.since(now);
            standing.pending.push(Pending { instance: *instance, name: name.clone(), ends_in });
            let earliest = standing.changes_at.map_or(*runs_until, |earlier| earlier.min(*runs_until));
            standing.changes_at = Some(earliest);
        } else if !unfenced {
            standing.fenced.push(named.clone());
        }
        if *unfenced {
            standing.unfenced.push(named);
        }
    }

    /// The lowest watermark of those who may be accepting at `now`, and `None` when there is nobody: what a relay may
    /// acknowledge is this or its own watermark, whichever is lower.
    pub fn lowest(&self, now: Uptime) -> Option<Position> {
        self.accepting(now).map(|row| row.watermark).min()
    }

    /// The same for the version of the trust document.
    pub fn lowest_trust(&self, now: Uptime) -> Option<u64> {
        self.accepting(now).map(|row| row.trust).min()
    }

    fn accepting(&self, now: Uptime) -> impl Iterator<Item = &Row> {
        self.rows.values().filter(move |row| row.may_accept(now))
    }

    /// One of them.
    pub fn row(&self, instance: &Instance) -> Option<&Row> {
        self.rows.get(instance)
    }

    /// All of them, by instance.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = (&Instance, &Row)> {
        self.rows.iter()
    }

    /// Those after `after`, by instance: for lists in pages.
    pub fn rows_after(&self, after: Option<&Instance>) -> impl Iterator<Item = (&Instance, &Row)> {
        use std::ops::Bound::{Excluded, Unbounded};
        self.rows.range((after.map_or(Unbounded, Excluded), Unbounded))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
