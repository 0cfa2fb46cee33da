//! The side of a node that follows: its connection, its file, its clock.

use std::time::Duration;

use quash_core::position::Position;
use quash_verify::feed::frame::ToServer;
use quash_verify::feed::{Action, Broken};

use super::{Cluster, Event};
use crate::cluster::invariants::restart_forgets_nothing;
use crate::cluster::network::{ConnectionId, End, Parcel};
use crate::cluster::node::{FollowerNode, NodeId, Process};
use crate::violation::Violation;

/// How long a write to a local file takes at least and at most, in microseconds; and at most when the disk is busy.
const SYNC_US: (u64, u64) = (200, 12_000);
const BUSY_SYNC_US: u64 = 150_000;

impl Cluster {
    pub(super) fn follower(&mut self, node: NodeId) -> Result<&mut FollowerNode, Violation> {
        self.followers.get_mut(&node).ok_or_else(|| Violation::stuck("a follower that is none"))
    }

    pub(super) fn process(&mut self, node: NodeId) -> Option<&mut Process> {
        self.followers.get_mut(&node)?.process.as_mut()
    }

    /// Opens a connection, and says hello on it.
    pub(super) fn connect(&mut self, node: NodeId) -> Result<(), Violation> {
        let (now, upstream) = (self.uptime(node)?, self.follower(node)?.place.upstream);
        let Some(process) = self.process(node).filter(|process| process.connection.is_none()) else {
            return Ok(());
        };
        let hello = process.follower.connect(now);
        let connection = self.network.open(node, upstream);
        if let Some(process) = self.process(node) {
            process.connection = Some(connection);
        }
        self.send(connection, End::Server, Parcel::Open);
        self.send(connection, End::Server, Parcel::Frame(hello));
        self.settle_follower(node)
    }

    pub(super) fn receive_as_client(
        &mut self,
        node: NodeId,
        connection: ConnectionId,
        parcel: Parcel,
    ) -> Result<(), Violation> {
        let (now, wall) = (self.uptime(node)?, self.wall(node)?);
        let Some(process) = self.process(node).filter(|process| process.connection == Some(connection))
        else {
            return Ok(());
        };
        match parcel {
            Parcel::Open => Ok(()),
            Parcel::Close => self.disconnect(node, Duration::ZERO),
            Parcel::Frame(frame) if process.misses(&frame) => {
                self.coverage.count("entries were left out");
                // The outage begins here.
                self.disturb(node, Duration::ZERO);
                Ok(())
            }
            Parcel::Frame(frame) => match process.follower.receive(&frame, now, wall) {
                Ok(()) => self.settle_follower(node),
                Err(broken) => self.broken(node, &broken),
            },
        }
    }

    pub(super) fn wake(&mut self, node: NodeId) -> Result<(), Violation> {
        let (now, at) = (self.uptime(node)?, self.schedule.now());
        let Some(process) = self.process(node) else { return Ok(()) };
        if process.wakes_at.is_some_and(|wakes_at| wakes_at <= at) {
            process.wakes_at = None;
        }
        match process.follower.tick(now) {
            Ok(()) => self.settle_follower(node),
            Err(broken) => self.broken(node, &broken),
        }
    }

    pub(super) fn synced(&mut self, node: NodeId) -> Result<(), Violation> {
        let follower = self.follower(node)?;
        if let (Some(ticket), Some(process)) = (follower.file.sync(), &mut follower.process) {
            process.follower.stored(ticket);
        }
        self.settle_follower(node)
    }

    fn broken(&mut self, node: NodeId, broken: &Broken) -> Result<(), Violation> {
        self.coverage.count(format!("broken: {}", kind(broken)));
        self.observe("broken", (node, broken));
        self.disconnect(node, broken.retry_after)
    }

    /// The connection is over; the next one is opened when the follower's patience says so.
    pub(super) fn disconnect(&mut self, node: NodeId, at_least: Duration) -> Result<(), Violation> {
        let (now, random) = (self.uptime(node)?, u32::try_from(self.rng.below(1 << 32)).unwrap_or(0));
        let number = self.machine(node)?.process;
        let Some(process) = self.process(node) else { return Ok(()) };
        process.follower.disconnected(now);
        let wait = process.backoff.wait(random).max(at_least);
        if let Some(connection) = process.connection.take() {
            self.close(connection, End::Client);
        }
        self.schedule.after(wait, Event::Connect { node, process: number });
        self.settle_follower(node)
    }

    /// Does all that the follower asks for, until it asks for nothing more.
    pub(super) fn settle_follower(&mut self, node: NodeId) -> Result<(), Violation> {
        while let Some(action) = self.process(node).and_then(|process| process.follower.next_action()) {
            self.do_for_follower(node, action)?;
        }
        self.observe_follower(node)?;
        self.settle_relay(node)?;
        self.wake_follower(node)
    }

    pub(super) fn do_for_follower(&mut self, node: NodeId, action: Action) -> Result<(), Violation> {
        match action {
            Action::Send(frame) => {
                let Some(process) = self.process(node) else { return Ok(()) };
                let connection = process.connection;
                self.note_acknowledged(node, &frame)?;
                if let Some(connection) = connection {
                    self.send(connection, End::Server, Parcel::Frame(frame));
                }
            }
            Action::Store(piece, ticket) => {
                let process = self.machine(node)?.process;
                let follower = self.follower(node)?;
                if !follower.place.file {
                    if let Some(process) = &mut follower.process {
                        process.follower.stored(ticket);
                    }
                } else if follower.file.write(piece, ticket) {
                    let longest = if self.rng.one_in(4) { BUSY_SYNC_US } else { SYNC_US.1 };
                    let span = Duration::from_micros(self.rng.between(SYNC_US.0, longest));
                    self.schedule.after(span, Event::Synced { node, process });
                }
            }
            Action::ReadBack => {
                let wall = self.wall(node)?;
                let follower = self.follower(node)?;
                if let (Some(file), Some(process)) = (follower.file.read(), &mut follower.process) {
                    process.follower.read_back(file, wall).map_err(Violation::stuck)?;
                }
            }
            Action::Alarm(alarm) => {
                self.coverage.count("alarm");
                self.observe("alarm", (node, alarm));
            }
            _ => {}
        }
        Ok(())
    }

    /// What is acknowledged with a file behind it must be there after a restart.
    fn note_acknowledged(&mut self, node: NodeId, frame: &[u8]) -> Result<(), Violation> {
        let follower = self.follower(node)?;
        let Some(process) = follower.process.as_ref().filter(|_| follower.place.file) else { return Ok(()) };
        let Some(key) = process.verifier.log_key() else { return Ok(()) };
        if let Ok(ToServer::Ack(ack)) = ToServer::decode(frame, Some(&key)) {
            follower.acknowledged = follower.acknowledged.max(ack.watermark);
        }
        Ok(())
    }

    /// Every change of a follower is looked at.
    fn observe_follower(&mut self, node: NodeId) -> Result<(), Violation> {
        let Some(process) = self.process(node) else { return Ok(()) };
        if process.follower.is_following() {
            process.backoff.succeeded();
        }
        let watermark = process.verifier.watermark();
        let is_new = process.watermark.observe(node, watermark)?;
        if is_new {
            self.observe("stands at", (node, watermark));
        }
        self.look_at_watched(node)
    }

    fn wake_follower(&mut self, node: NodeId) -> Result<(), Violation> {
        let machine = self.machine(node)?;
        let (clocks, number) = (machine.clocks, machine.process);
        let Some(process) = self.process(node) else { return Ok(()) };
        let Some(at) = process.follower.wake_at().map(|uptime| clocks.when(uptime)) else { return Ok(()) };
        if process.wakes_at.is_none_or(|wakes_at| at < wakes_at) {
            process.wakes_at = Some(at);
            self.schedule.at(at, Event::Wake { node, process: number });
        }
        Ok(())
    }

    /// Starts the process of `node`, from its file if it has one.
    pub(super) fn start_follower(&mut self, node: NodeId) -> Result<(), Violation> {
        let mut random = [0; 16];
        self.rng.fill(&mut random);
        let number = self.machine(node)?.process;
        let follower = self.follower(node)?;
        let mut process = follower.begin(quash_core::lease::Instance::from_random(random))?;
        if let Some(file) = follower.file.read() {
            match process.follower.load(file) {
                Ok(loaded) => follower.file.truncate(loaded.whole),
                Err(_) => follower.file.discard(),
            }
        }
        let acknowledged = follower.acknowledged;
        restart_forgets_nothing::holds(node, acknowledged, process.verifier.watermark())?;
        follower.process = Some(process);
        if acknowledged > Position::ZERO {
            self.coverage.count("rule: restart");
        }
        self.show_clocks()?;
        self.outages.begin(node, self.schedule.now(), Duration::ZERO);
        self.schedule.after(Duration::ZERO, Event::Connect { node, process: number });
        self.settle_follower(node)
    }
}

/// The first words of why a connection broke.
fn kind(broken: &Broken) -> String {
    use quash_verify::feed::Fault;
    match &broken.fault {
        Fault::Bye { code, .. } => format!("bye, {code:?}"),
        Fault::Silence(_) => "silence".to_owned(),
        Fault::Gap { .. } => "gap".to_owned(),
        Fault::Back { what, .. } => format!("{what} goes back"),
        Fault::OutOfPlace(what) => format!("{what} out of place"),
        _ => "another fault".to_owned(),
    }
}
