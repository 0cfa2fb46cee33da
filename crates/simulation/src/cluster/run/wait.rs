//! What takes its time at the authority: waiting until a revocation is in force everywhere, and rotations.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use quash_authority::{Error, Propagation, Rotated};
use quash_core::lease::margin;
use quash_core::position::Position;
use quash_core::time::Uptime;
use tokio::task::JoinHandle;

use super::{Cluster, DiskState, Event};
use crate::cluster::invariants::wait_is_exact;
use crate::cluster::node::NodeId;
use crate::cluster::oracle::Everywhere;
use crate::violation::Violation;

/// How often the tasks of the authority get their turn after each event.
const TURNS: usize = 4;

/// A task of the authority.
pub(crate) enum Wait {
    /// Somebody waits for a position.
    Everywhere { position: Position, began_at: Uptime, timeout: Duration, task: JoinHandle<Propagation> },
    /// A rotation.
    Rotation(JoinHandle<Result<Rotated, Error>>),
}

impl Cluster {
    pub(super) fn begin_wait(&mut self, position: Position, timeout: Duration) -> Result<(), Violation> {
        let began_at = self.uptime(NodeId::AUTHORITY)?;
        let server = Arc::clone(&self.running()?.server);
        let task = async move { server.authority.await_everywhere(position, timeout).await };
        let task = self.runtime.spawn(task);
        self.coverage.count("wait: begun");
        self.waits.push(Wait::Everywhere { position, began_at, timeout, task });
        self.poll_waits()
    }

    pub(super) fn begin_rotation(&mut self) -> Result<(), Violation> {
        if self.waits.iter().any(|wait| matches!(wait, Wait::Rotation(_))) {
            return Ok(());
        }
        let server = Arc::clone(&self.running()?.server);
        let task = async move { server.authority.rotate_keys(&server.admin).await };
        self.waits.push(Wait::Rotation(self.runtime.spawn(task)));
        self.poll_waits()
    }

    /// Lets the tasks of the authority go on, and takes in what they came to.
    pub(super) fn poll_waits(&mut self) -> Result<(), Violation> {
        if self.waits.is_empty() || self.machine(NodeId::AUTHORITY)?.is_frozen() {
            return Ok(());
        }
        self.set_clocks()?;
        let changing = Arc::clone(&self.authority.ground.changing);
        self.runtime.block_on(async {
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
            // The store answers from a thread of its own: what was begun there is seen through.
            while changing.is_under_way() {
                changing.finished().await;
                for _ in 0..TURNS {
                    tokio::task::yield_now().await;
                }
            }
        });
        let clocks = self.machine(NodeId::AUTHORITY)?.clocks;
        for at in self.authority.uptime.take_wanted() {
            self.schedule.at(clocks.when(at), Event::Turn);
        }
        let waits = std::mem::take(&mut self.waits);
        let (finished, waiting): (Vec<_>, Vec<_>) = waits.into_iter().partition(Wait::is_finished);
        self.waits = waiting;
        finished.into_iter().try_for_each(|wait| self.finish(wait))
    }

    /// Nobody waits any more: the authority is gone.
    pub(super) fn abandon_waits(&mut self) {
        for wait in self.waits.drain(..) {
            wait.abort();
        }
        // What is aborted is dropped when the runtime runs.
        self.runtime.block_on(async {
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
        });
    }

    fn finish(&mut self, wait: Wait) -> Result<(), Violation> {
        match wait {
            Wait::Everywhere { position, began_at, timeout, task } => {
                let propagation = self.runtime.block_on(task).map_err(Violation::stuck)?;
                let waited = self.uptime(NodeId::AUTHORITY)?.since(began_at);
                self.observe("waited", (position, waited, propagation.complete));
                let longest = self.shape.places.iter().map(|place| place.max_staleness).max();
                let longest = longest.unwrap_or_default();
                let bound = timeout.min(longest + margin(longest));
                if self.thawed_at.is_none_or(|thawed_at| thawed_at < began_at) {
                    self.coverage.count("rule: wait");
                    wait_is_exact::holds(position, waited, bound, &propagation)?;
                }
                self.waited(position, &propagation);
                self.look_everywhere(position)
            }
            Wait::Rotation(task) => {
                match self.runtime.block_on(task).map_err(Violation::stuck)? {
                    Ok(_) => self.coverage.count("rotated the keys"),
                    Err(Error::Store(_)) if self.disk != DiskState::Sound => {
                        self.coverage.count("rotation: unavailable");
                    }
                    Err(error) => return Err(Violation::stuck(error)),
                }
                self.publish(NodeId::AUTHORITY)
            }
        }
    }

    fn waited(&mut self, position: Position, propagation: &Propagation) {
        if !propagation.pending.is_empty() {
            return self.coverage.count("wait: not everybody in time");
        }
        let applied = propagation.complete && !propagation.applied.is_empty();
        self.coverage.count(if applied { "wait: in force everywhere" } else { "wait: over" });
        let mut unfenced = BTreeSet::new();
        for named in &propagation.unfenced {
            let nodes = self.shape.followers().filter(|node| node.to_string() == *named.name);
            unfenced.extend(nodes.flat_map(|node| self.below(node)));
            self.coverage.count("wait: somebody unfenced is named");
        }
        let at = self.schedule.now();
        self.oracle.everywhere.push(Everywhere { position, at, unfenced });
    }

    /// `node` and all that follow from it.
    pub(super) fn below(&self, node: NodeId) -> Vec<NodeId> {
        self.shape.followers().filter(|below| self.shape.path(*below).contains(&node)).collect()
    }
}

impl Wait {
    fn is_finished(&self) -> bool {
        match self {
            Self::Everywhere { task, .. } => task.is_finished(),
            Self::Rotation(task) => task.is_finished(),
        }
    }

    fn abort(self) {
        match self {
            Self::Everywhere { task, .. } => task.abort(),
            Self::Rotation(task) => task.abort(),
        }
    }
}
