//! The side of a node that serves: the authority's connections, and a relay's.

use std::sync::Arc;
use std::time::Duration;

use quash_http::{FeedSource, FeedTrust, PageAnswer, PingAnswer, RelayTerms};
use quash_verify::feed::frame::{ByeCode, Hello};
use quash_verify::feed::{Call, Read};

use super::{Cluster, Event};
use crate::cluster::network::{ConnectionId, End, Parcel};
use crate::cluster::node::{Accepted, NodeId, Running, Serving};
use crate::violation::Violation;

/// When a follower that can not be served now is to come back.
const COME_BACK: Duration = Duration::from_millis(500);

impl Cluster {
    pub(super) fn running(&mut self) -> Result<&mut Running, Violation> {
        self.authority.running.as_mut().ok_or_else(|| Violation::stuck("no authority runs"))
    }

    fn serving(&mut self, node: NodeId) -> Option<&mut Serving> {
        match node {
            NodeId::AUTHORITY => self.authority.running.as_mut().map(|running| &mut running.serving),
            node => {
                let relaying = self.process(node)?.relaying.as_mut();
                relaying.map(|relaying| &mut relaying.serving)
            }
        }
    }

    fn accepted(&mut self, node: NodeId, connection: ConnectionId) -> Option<&mut Accepted> {
        self.serving(node)?.get(connection)
    }

    fn connections(&mut self, node: NodeId) -> Vec<ConnectionId> {
        self.serving(node).map(|serving| serving.connections.keys().copied().collect()).unwrap_or_default()
    }

    pub(super) fn receive_as_server(
        &mut self,
        node: NodeId,
        connection: ConnectionId,
        parcel: Parcel,
    ) -> Result<(), Violation> {
        let now = self.uptime(node)?;
        if self.serving(node).is_none() {
            self.close(connection, End::Server);
            return Ok(());
        }
        match parcel {
            Parcel::Open => self.accept(node, connection)?,
            Parcel::Close => self.end_connection(node, connection),
            Parcel::Frame(frame) => {
                let Some(accepted) = self.accepted(node, connection) else { return Ok(()) };
                match accepted.publication.receive(&frame, now) {
                    Ok(Some(call)) => self.call(node, connection, call),
                    Ok(None) => {}
                    Err(broken) => {
                        self.coverage.count("server: a follower was sent away");
                        self.observe("sent away", (node, broken));
                    }
                }
            }
        }
        self.pump(node, connection)?;
        if node != NodeId::AUTHORITY {
            self.settle_follower(node)?;
        }
        self.set_beat(node)
    }

    fn accept(&mut self, node: NodeId, connection: ConnectionId) -> Result<(), Violation> {
        let now = self.uptime(node)?;
        let source: Arc<dyn FeedSource> = match node {
            NodeId::AUTHORITY => Arc::new(self.running()?.feed()?),
            node => {
                let relaying = self.process(node).and_then(|process| process.relaying.as_ref());
                let Some(relaying) = relaying else { return Ok(()) };
                Arc::new(relaying.feed())
            }
        };
        if let Some(serving) = self.serving(node) {
            serving.connections.insert(connection, Accepted::new(source, now));
        }
        Ok(())
    }

    fn call(&mut self, node: NodeId, connection: ConnectionId, call: Call) {
        if let Call::Open(hello) = call {
            self.open(node, connection, &hello);
            return;
        }
        let Some(accepted) = self.accepted(node, connection) else { return };
        match call {
            Call::Ping { number, received_at } => {
                let answer = accepted.lease.as_ref().and_then(|lease| lease.answer_ping(received_at));
                let Some(PingAnswer { head, age, trust }) = answer else {
                    self.coverage.count("relay: a ping without an answer");
                    return;
                };
                accepted.tell_trust(trust);
                accepted.publication.pong(number, head, age);
            }
            Call::Ack { watermark, trust } => {
                if let Some(lease) = &accepted.lease {
                    lease.acknowledge(watermark, trust);
                }
            }
            Call::Held { records } => {
                accepted.source.held("a follower", &records);
                self.coverage.count("held records came back");
            }
            _ => {}
        }
    }

    fn open(&mut self, node: NodeId, connection: ConnectionId, hello: &Hello) {
        let Some(accepted) = self.accepted(node, connection) else { return };
        let source = Arc::clone(&accepted.source);
        let opened = self.runtime.block_on(source.open(hello));
        let Some(accepted) = self.accepted(node, connection) else { return };
        let Ok((opening, lease)) = opened else {
            accepted.publication.refuse(ByeCode::Busy, COME_BACK, "the log can not be served now");
            return self.coverage.count("server: can not serve now");
        };
        accepted.lease = Some(lease);
        if accepted.publication.opened(&opening).is_some() {
            self.coverage.count("the log and a follower do not agree");
        }
        let name = if node == NodeId::AUTHORITY { "lease opened" } else { "relay: lease opened" };
        self.coverage.count(name);
        self.take_head(node, connection);
    }

    /// The other end is gone.
    fn end_connection(&mut self, node: NodeId, connection: ConnectionId) {
        self.close(connection, End::Server);
        if let Some(serving) = self.serving(node) {
            serving.connections.remove(&connection);
        }
    }

    fn take_head(&mut self, node: NodeId, connection: ConnectionId) {
        let Some(accepted) = self.accepted(node, connection) else { return };
        if accepted.is_of_the_past() {
            accepted.publication.refuse(ByeCode::LogChanged, Duration::ZERO, "the log became another one");
        }
        let head = *accepted.source.heads().borrow();
        accepted.publication.head(head);
    }

    /// Sends on `connection` what it has room for; what is to be sent next is read when it is.
    pub(super) fn pump(&mut self, node: NodeId, connection: ConnectionId) -> Result<(), Violation> {
        if self.machine(node)?.is_frozen() {
            return Ok(());
        }
        loop {
            let has_room = self.network.has_room(connection, End::Client);
            let Some(accepted) = self.accepted(node, connection) else { return Ok(()) };
            if !has_room && !accepted.publication.is_over() {
                return Ok(());
            }
            if let Some(frame) = accepted.publication.next_message() {
                self.send(connection, End::Client, Parcel::Frame(frame));
            } else if accepted.publication.is_over() {
                self.end_connection(node, connection);
                return Ok(());
            } else if let Some(read) = accepted.publication.wants() {
                self.read(node, connection, read);
            } else {
                return Ok(());
            }
        }
    }

    fn read(&mut self, node: NodeId, connection: ConnectionId, read: Read) {
        let Some(accepted) = self.accepted(node, connection) else { return };
        let source = Arc::clone(&accepted.source);
        let answer = self.runtime.block_on(source.read(read));
        let Some(accepted) = self.accepted(node, connection) else { return };
        match answer {
            Ok(PageAnswer::Page(page)) => accepted.publication.page(page),
            Ok(PageAnswer::Behind { head, checksum }) => {
                accepted.publication.behind(head, checksum);
                self.coverage.count("slow follower dropped to a snapshot");
            }
            _ => accepted.publication.refuse(ByeCode::Busy, COME_BACK, "the log can not be served now"),
        }
    }

    /// The clock went on: heartbeats, and connections that nobody is at.
    pub(super) fn beat(&mut self, node: NodeId) -> Result<(), Violation> {
        let (now, at) = (self.uptime(node)?, self.schedule.now());
        let Some(serving) = self.serving(node) else { return Ok(()) };
        if serving.beats_at.is_some_and(|beats_at| beats_at <= at) {
            serving.beats_at = None;
        }
        for connection in self.connections(node) {
            let Some(accepted) = self.accepted(node, connection) else { continue };
            if accepted.is_of_the_past() {
                self.take_head(node, connection);
            } else if accepted.publication.tick(now, accepted.source.age()).is_err() {
                self.coverage.count("server: nothing was heard");
            }
            self.pump(node, connection)?;
        }
        if node != NodeId::AUTHORITY {
            // Leases below may be over.
            self.settle_follower(node)?;
        }
        self.set_beat(node)
    }

    fn set_beat(&mut self, node: NodeId) -> Result<(), Violation> {
        let machine = self.machine(node)?;
        let (clocks, process) = (machine.clocks, machine.process);
        let Some(serving) = self.serving(node) else { return Ok(()) };
        let Some(at) = serving.wake_at().map(|uptime| clocks.when(uptime)) else { return Ok(()) };
        if serving.beats_at.is_none_or(|beats_at| at < beats_at) {
            serving.beats_at = Some(at);
            self.schedule.at(at, Event::Beat { node, process });
        }
        Ok(())
    }

    /// Tells all connections of `node` where the log stands, and whom to trust.
    pub(super) fn publish(&mut self, node: NodeId) -> Result<(), Violation> {
        if self.serving(node).is_none() || self.machine(node)?.is_frozen() {
            return Ok(());
        }
        for connection in self.connections(node) {
            if let Some(accepted) = self.accepted(node, connection) {
                accepted.tell_trust(0);
            }
            self.take_head(node, connection);
            self.pump(node, connection)?;
        }
        Ok(())
    }

    /// A relay hands on what its follower learnt, and its follower learns what those below acknowledged.
    pub(super) fn settle_relay(&mut self, node: NodeId) -> Result<(), Violation> {
        let Some(process) = self.process(node) else { return Ok(()) };
        let terms = process.follower.lease().zip(process.follower.horizon());
        let trust = process.follower.trust();
        let Some(relaying) = &mut process.relaying else { return Ok(()) };
        if let Some((lease, horizon)) = terms {
            relaying.grant(RelayTerms { lease, horizon });
        }
        if let Some((version, document)) = trust
            && let Ok(document) = document.encode()
        {
            relaying.learn(FeedTrust { version, document: document.into() });
        }
        relaying.follow_head();
        let lowest = relaying.leases.lowest();
        process.follower.subtree(lowest);
        while let Some(action) = self.process(node).and_then(|process| process.follower.next_action()) {
            self.do_for_follower(node, action)?;
        }
        self.publish(node)
    }
}
