//! What goes wrong, and how it is mended.

use std::time::Duration;

use quash_storage::crash::Failure;

use super::{Cluster, DiskState, Event};
use crate::cluster::invariants::i3_durable;
use crate::cluster::network::{ConnectionId, End, Parcel};
use crate::cluster::node::NodeId;
use crate::cluster::plan::{Action, Fault, FileFate, Trouble};
use crate::invariants::{i3_acknowledged_is_durable as i3, i10_clock_jumps_leave_cutoffs_alone as i10};
use crate::plan::{Aim, Pick, Spare};
use crate::violation::Violation;

/// How long the first frames of a connection that is given up are held up, and how long it lives on.
const LATE: Duration = Duration::from_millis(900);
const GIVEN_UP_AFTER: Duration = Duration::from_millis(600);
/// What the machine of the authority takes to start.
const AT_LEAST_DOWN: Duration = Duration::from_millis(5);
/// When a start that failed is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(200);

impl Cluster {
    pub(super) fn break_something(&mut self, fault: Fault) -> Result<(), Violation> {
        match fault {
            Fault::Partition { between: (one, other), span } => {
                self.cut(one, other, span);
                self.cut(other, one, span);
            }
            Fault::OneWay { from, to, span } => self.cut(from, to, span),
            Fault::Delay { between: (one, other), extra, span } => {
                self.slow(one, other, extra, Duration::ZERO, span);
                self.slow(other, one, extra, Duration::ZERO, span);
            }
            Fault::Slow { node, each, span } => {
                let upstream = self.follower(node)?.place.upstream;
                self.slow(upstream, node, Duration::ZERO, each, span);
            }
            Fault::Reset { node } => return self.reset(node),
            Fault::Skip { node } => {
                self.disturb(node, Duration::from_secs(2));
                if let Some(process) = self.process(node) {
                    process.misses_entries = true;
                }
            }
            Fault::Reorder { node } => return self.reorder(node),
            Fault::Duplicate { node } => return self.duplicate(node),
            Fault::Freeze { node, span } => return self.freeze(node, span),
            Fault::Restart { node: NodeId::AUTHORITY, down, .. } => self.restart_authority(down),
            Fault::Restart { node, file, down } => return self.restart(node, file, down),
            Fault::PowerLoss { after, down, .. } => {
                self.arm(fault, Failure::Full, after);
                return self.after_an_act(fault, down);
            }
            Fault::Disk { after, how: Trouble::OneSync, span } => {
                self.arm(fault, Failure::OneSync, after);
                return self.after_an_act(fault, span);
            }
            Fault::Disk { after, how, span } => {
                let failure = if how == Trouble::Full { Failure::Full } else { Failure::OneWrite };
                self.arm(fault, failure, after);
                self.disturb(NodeId::AUTHORITY, span);
                self.schedule.after(span, Event::MendDisk);
            }
            Fault::Jump { node, ahead } => return self.jump(node, ahead),
        }
        Ok(())
    }

    /// Something is in the way of `node` and of all that follow from it.
    pub(super) fn disturb(&mut self, node: NodeId, span: Duration) {
        for below in self.below(node) {
            self.outages.disturb(below, self.schedule.now(), span);
        }
    }

    fn disturb_between(&mut self, one: NodeId, other: NodeId, span: Duration) {
        // Of two nodes that are connected, the one with the higher number follows the other.
        self.disturb(one.max(other), span);
    }

    fn cut(&mut self, from: NodeId, to: NodeId, span: Duration) {
        self.disturb_between(from, to, span);
        self.network.cut(from, to);
        self.schedule.after(span, Event::Mend { from, to });
    }

    pub(super) fn mend(&mut self, from: NodeId, to: NodeId) {
        for due in self.network.mend(from, to, self.schedule.now()) {
            self.deliver(Some(due));
        }
    }

    fn slow(&mut self, from: NodeId, to: NodeId, extra: Duration, each: Duration, span: Duration) {
        // What waits in a slow pipe takes its time after the pipe is fast again.
        self.disturb_between(from, to, span + extra + each * 16);
        self.network.slow_down(from, to, extra, each);
        self.schedule.after(span, Event::SpeedUp { from, to });
    }

    /// The connections of `node` break: its own, or those of all that follow the authority.
    fn reset(&mut self, node: NodeId) -> Result<(), Violation> {
        let nodes: Vec<NodeId> = match node {
            NodeId::AUTHORITY => self.shape.followers().collect(),
            node => vec![node],
        };
        for node in nodes {
            let upstream = self.follower(node)?.place.upstream;
            if self.machine(node)?.is_frozen() || self.network.is_cut(upstream, node) {
                continue;
            }
            self.disturb(node, Duration::ZERO);
            if self.process(node).is_some_and(|process| process.connection.is_some()) {
                self.disconnect(node, Duration::ZERO)?;
            }
        }
        Ok(())
    }

    fn reorder(&mut self, node: NodeId) -> Result<(), Violation> {
        let upstream = self.follower(node)?.place.upstream;
        let Some(connection) = self.process(node).and_then(|process| process.connection) else {
            return Ok(());
        };
        self.disturb(node, GIVEN_UP_AFTER + LATE);
        self.network.slow_down(node, upstream, LATE, Duration::ZERO);
        self.schedule.after(GIVEN_UP_AFTER, Event::SpeedUp { from: node, to: upstream });
        self.schedule.after(GIVEN_UP_AFTER, Event::GiveUp { node, connection });
        Ok(())
    }

    /// The follower goes on over another connection; this one still delivers what was sent on it.
    pub(super) fn give_up(&mut self, node: NodeId, connection: ConnectionId) -> Result<(), Violation> {
        let is_current = self.process(node).is_some_and(|process| process.connection == Some(connection));
        if is_current && !self.machine(node)?.is_frozen() {
            return self.disconnect(node, Duration::ZERO);
        }
        if !is_current {
            self.close(connection, End::Client);
        }
        Ok(())
    }

    /// The same hello comes twice, over two connections.
    fn duplicate(&mut self, node: NodeId) -> Result<(), Violation> {
        let now = self.uptime(node)?;
        let upstream = self.follower(node)?.place.upstream;
        if self.machine(node)?.is_frozen() {
            return Ok(());
        }
        let Some(process) = self.process(node) else { return Ok(()) };
        let hello = process.follower.connect(now);
        self.disturb(node, Duration::ZERO);
        if let Some(connection) = self.process(node).and_then(|process| process.connection.take()) {
            self.close(connection, End::Client);
        }
        let (first, second) = (self.network.open(node, upstream), self.network.open(node, upstream));
        for connection in [first, second] {
            self.send(connection, End::Server, Parcel::Open);
            self.send(connection, End::Server, Parcel::Frame(hello.clone()));
        }
        if let Some(process) = self.process(node) {
            process.connection = Some(second);
        }
        self.schedule.after(GIVEN_UP_AFTER, Event::GiveUp { node, connection: first });
        self.settle_follower(node)
    }

    fn freeze(&mut self, node: NodeId, span: Duration) -> Result<(), Violation> {
        self.disturb(node, span);
        let machine = self.machine_mut(node)?;
        let process = machine.process;
        machine.freeze();
        self.schedule.after(span, Event::Thaw { node, process });
        Ok(())
    }

    pub(super) fn thaw(&mut self, node: NodeId, process: u64) -> Result<(), Violation> {
        if self.machine(node)?.process != process {
            return Ok(());
        }
        let waiting = self.machine_mut(node)?.thaw();
        if self.machine(node)?.is_frozen() {
            return Ok(());
        }
        for event in waiting {
            self.happen(event)?;
        }
        if node == NodeId::AUTHORITY {
            self.thawed_at = Some(self.uptime(node)?);
            self.set_clocks()?;
            return self.publish(NodeId::AUTHORITY);
        }
        Ok(())
    }

    fn restart(&mut self, node: NodeId, file: FileFate, down: Duration) -> Result<(), Violation> {
        self.disturb(node, down);
        self.machine_mut(node)?.end_process();
        let follower = self.follower(node)?;
        let process = follower.process.take();
        follower.file.die(file);
        if file == FileFate::Lost {
            follower.acknowledged = quash_core::position::Position::ZERO;
        }
        if let Some(process) = process {
            if let Some(connection) = process.connection {
                self.close(connection, End::Client);
            }
            let accepted = process.relaying.map(|relaying| relaying.serving.connections).unwrap_or_default();
            for connection in accepted.into_keys() {
                self.close(connection, End::Server);
            }
            self.schedule.after(down, Event::Start(node));
        }
        Ok(())
    }

    fn restart_authority(&mut self, down: Duration) {
        self.disturb(NodeId::AUTHORITY, down);
        if self.end_authority(false) {
            self.schedule.after(down, Event::Start(NodeId::AUTHORITY));
        }
    }

    /// The process of the authority ends, and its connections with it, if anybody is left to say so. Whether it ran.
    fn end_authority(&mut self, silently: bool) -> bool {
        self.abandon_waits();
        if let Ok(machine) = self.machine_mut(NodeId::AUTHORITY) {
            machine.end_process();
        }
        let Some(running) = self.authority.running.take() else { return false };
        for connection in running.serving.connections.keys() {
            if silently {
                let _left = self.network.leave(*connection, End::Server);
            } else {
                self.close(*connection, End::Server);
            }
        }
        true
    }

    fn arm(&mut self, fault: Fault, failure: Failure, after: u32) {
        self.disk = DiskState::Failing;
        match fault {
            Fault::PowerLoss { .. } => self.authority.disk.lose_power_after(after),
            _ => self.authority.disk.fail_after(after, failure),
        }
    }

    /// The fault strikes while something is asked for, or right after it; then the machine is started anew.
    fn after_an_act(&mut self, fault: Fault, down: Duration) -> Result<(), Violation> {
        let pick = Pick(self.rng.next());
        let aim = if self.rng.one_in(2) { Aim::Session(pick) } else { Aim::Subject(0) };
        let effect = quash_core::revocation::entry::Effect::End;
        self.act(&Action::Revoke { aim, effect, spare: Spare::Nothing, wait: None })?;
        let struck = self.authority.disk.has_struck();
        self.coverage.count(if struck {
            "power: gone in the middle"
        } else {
            "power: gone after the last write"
        });
        self.disturb(NodeId::AUTHORITY, down + AT_LEAST_DOWN);
        self.authority.disk.cut_power();
        let ran = self.end_authority(true);
        let kept = match fault {
            Fault::PowerLoss { kept, .. } => kept,
            _ => 7,
        };
        self.authority.disk.come_back(kept);
        self.disk = DiskState::Sound;
        if ran {
            let at = self.schedule.now().plus(down);
            self.machine_mut(NodeId::AUTHORITY)?.clocks.reboot(at);
            self.schedule.at(at.plus(AT_LEAST_DOWN), Event::Start(NodeId::AUTHORITY));
        }
        Ok(())
    }

    pub(super) fn mend_disk(&mut self) {
        self.authority.disk.heal();
        if self.disk == DiskState::Failing {
            self.disk = DiskState::Mended;
        }
    }

    fn jump(&mut self, node: NodeId, ahead: i64) -> Result<(), Violation> {
        let machine = self.machine_mut(node)?;
        let back = ahead < machine.clocks.ahead();
        machine.clocks.set_ahead(ahead);
        self.coverage.count(if back { "clock: set back" } else { "clock: set ahead" });
        match node {
            NodeId::AUTHORITY => self.set_clocks(),
            node => self.look_after_jump(node),
        }
    }

    /// Starts the authority over whatever the disk holds, and holds that against all that was ever said.
    pub(super) fn start_authority(&mut self) -> Result<(), Violation> {
        self.set_clocks()?;
        self.oracle.lists.issued_before_start = self.oracle.lists.issued_at;
        let Self { runtime, authority, .. } = self;
        if let Err(violation) = runtime.block_on(authority.start()) {
            if self.disk == DiskState::Sound {
                return Err(violation);
            }
            // Nothing starts on a disk that fails; it is tried again.
            self.coverage.count("authority: can not start on a disk that fails");
            self.disturb(NodeId::AUTHORITY, TRY_AGAIN);
            self.schedule.after(TRY_AGAIN, Event::Start(NodeId::AUTHORITY));
            return Ok(());
        }
        let server = std::sync::Arc::clone(&self.running()?.server);
        self.thawed_at = Some(self.uptime(NodeId::AUTHORITY)?);
        if self.oracle.lists.head < server.log.origin {
            self.oracle.lists.head = server.log.origin;
            self.oracle.lists.highest_seen = server.log.origin;
        }
        self.settle()?;
        let (head, log) = self.runtime.block_on(whole_log(&server)).map_err(Violation::stuck)?;
        i3::log_is_whole(&self.oracle.lists, head, &log)?;
        self.coverage.count("rule: I3");
        i10::ratchet_holds(server.authority.now(), self.oracle.lists.ratchet)?;
        for (node, follower) in &self.followers {
            let watermark = follower.process.as_ref().map(|process| process.verifier.watermark());
            i3_durable::nobody_is_ahead(head, *node, watermark.unwrap_or_default())?;
        }
        Ok(())
    }
}

/// The log, oldest first, and its head.
async fn whole_log(
    server: &crate::world::Server,
) -> Result<
    (quash_core::position::Position, Vec<quash_core::revocation::entry::Entry>),
    quash_storage::ports::StoreError,
> {
    let mut log: Vec<quash_core::revocation::entry::Entry> = Vec::new();
    loop {
        let before = log.last().map(|entry| entry.position);
        let page = server.store.entries_before(before, 200).await?;
        if page.is_empty() {
            log.reverse();
            return Ok((server.store.head().await?.position, log));
        }
        log.extend(page);
    }
}
