//! The network: connections that keep the order of what they carry, over links that are cut, slow and late.
//!
//! What is sent over a cut link is not lost but sent again when the link is whole, as TCP does it; only the end of a
//! connection loses anything.

mod connection;
mod link;

use std::collections::BTreeMap;
use std::time::Duration;

use self::connection::Connection;
pub(crate) use self::connection::{End, Parcel};
use self::link::Link;
use super::node::NodeId;
use super::tick::Tick;
use crate::rng::Rng;

/// How long what a cut held up takes to be sent again, at most, in milliseconds.
const LONGEST_RETRY_MS: u64 = 300;

/// The number of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ConnectionId(u64);

/// Something that will arrive, at one end of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) connection: ConnectionId,
    pub(crate) to: End,
}

/// What came of a delivery.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// Nothing yet: the link is cut.
    HeldUp,
    /// It came to somebody who had left; the other end will hear of it so.
    Nobody(Option<(Tick, Delivery)>),
    /// It arrived.
    At {
        /// Where.
        node: NodeId,
        /// From whom.
        from: NodeId,
        parcel: Parcel,
    },
}

/// All links and connections.
#[derive(Debug)]
pub(crate) struct Network {
    rng: Rng,
    links: BTreeMap<(NodeId, NodeId), Link>,
    connections: BTreeMap<ConnectionId, Connection>,
    opened: u64,
    sent: BTreeMap<(NodeId, NodeId), Traffic>,
}

/// What was sent one way between two nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub(crate) frames: u64,
    pub(crate) bytes: u64,
}

impl Network {
    pub(crate) const fn new(rng: Rng) -> Self {
        Self { rng, links: BTreeMap::new(), connections: BTreeMap::new(), opened: 0, sent: BTreeMap::new() }
    }

    /// Opens a connection from `client` to `server`.
    pub(crate) fn open(&mut self, client: NodeId, server: NodeId) -> ConnectionId {
        self.opened += 1;
        let id = ConnectionId(self.opened);
        self.connections.insert(id, Connection::new(client, server));
        id
    }

    /// Sends `parcel` to the end `to`; when it will arrive, if nothing holds it up.
    pub(crate) fn send(
        &mut self,
        connection: ConnectionId,
        to: End,
        parcel: Parcel,
        now: Tick,
    ) -> Option<(Tick, Delivery)> {
        let held = self.connections.get_mut(&connection)?;
        if let Parcel::Frame(frame) = &parcel {
            let traffic = self.sent.entry(held.way(to)).or_default();
            traffic.frames += 1;
            traffic.bytes += u64::try_from(frame.len()).unwrap_or(0);
        }
        let link = self.links.entry(held.way(to)).or_default();
        let pipe = held.pipe(to);
        let at = link.arrival(pipe.arrives_at, now, &mut self.rng);
        pipe.arrives_at = at;
        pipe.flying.push_back(parcel);
        Some((at, Delivery { connection, to }))
    }

    /// Whether the sender of what goes to `to` may send more: a connection holds only so much.
    pub(crate) fn has_room(&self, connection: ConnectionId, to: End) -> bool {
        self.connections.get(&connection).is_some_and(|held| held.has_room(to))
    }

    /// What was due arrives, or is held up.
    pub(crate) fn arrive(&mut self, delivery: Delivery, now: Tick) -> Arrival {
        let Delivery { connection, to } = delivery;
        let Some(held) = self.connections.get_mut(&connection) else { return Arrival::Nobody(None) };
        if self.links.get(&held.way(to)).is_some_and(Link::is_cut) {
            held.pipe(to).stalled += 1;
            return Arrival::HeldUp;
        }
        let Some(parcel) = held.pipe(to).flying.pop_front() else { return Arrival::Nobody(None) };
        let (node, from) = (held.node(to), held.node(to.other()));
        if !held.has_left(to) {
            return Arrival::At { node, from, parcel };
        }
        if held.has_left(to.other()) {
            self.connections.remove(&connection);
            return Arrival::Nobody(None);
        }
        let refusal = (!held.is_refused()).then(|| self.send(connection, to.other(), Parcel::Close, now));
        Arrival::Nobody(refusal.flatten())
    }

    /// The end `end` closes the connection; when the other one hears of it.
    pub(crate) fn close(
        &mut self,
        connection: ConnectionId,
        end: End,
        now: Tick,
    ) -> Option<(Tick, Delivery)> {
        self.leave(connection, end)?;
        self.send(connection, end.other(), Parcel::Close, now)
    }

    /// The end `end` is gone without a word, as after a power loss.
    pub(crate) fn leave(&mut self, connection: ConnectionId, end: End) -> Option<()> {
        let held = self.connections.get_mut(&connection)?;
        held.leave(end).then_some(())
    }

    /// Cuts the way from `from` to `to`.
    pub(crate) fn cut(&mut self, from: NodeId, to: NodeId) {
        self.links.entry((from, to)).or_default().cut();
    }

    /// Mends one cut of the way from `from` to `to`; what arrives now.
    pub(crate) fn mend(&mut self, from: NodeId, to: NodeId, now: Tick) -> Vec<(Tick, Delivery)> {
        let link = self.links.entry((from, to)).or_default();
        link.mend();
        if link.is_cut() {
            return Vec::new();
        }
        let mut due = Vec::new();
        for (id, connection) in &mut self.connections {
            for end in [End::Client, End::Server] {
                if connection.way(end) != (from, to) {
                    continue;
                }
                let pipe = connection.pipe(end);
                let again = now.plus(Duration::from_millis(self.rng.between(1, LONGEST_RETRY_MS)));
                let stalled = std::mem::take(&mut pipe.stalled);
                pipe.arrives_at = pipe.arrives_at.max(again);
                due.extend((0..stalled).map(|_| (again, Delivery { connection: *id, to: end })));
            }
        }
        due
    }

    /// Makes the way from `from` to `to` slower by `extra`, and lets one frame through every `each`.
    pub(crate) fn slow_down(&mut self, from: NodeId, to: NodeId, extra: Duration, each: Duration) {
        self.links.entry((from, to)).or_default().slow_down(extra, each);
    }

    /// What was sent from `from` to `to` so far.
    pub(crate) fn sent(&self, from: NodeId, to: NodeId) -> Traffic {
        self.sent.get(&(from, to)).copied().unwrap_or_default()
    }

    /// Whether anything goes from `from` to `to`.
    pub(crate) fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        self.links.get(&(from, to)).is_some_and(Link::is_cut)
    }
}
