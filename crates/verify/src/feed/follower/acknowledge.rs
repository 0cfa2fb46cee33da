//! What may be acknowledged: what is enforced and kept, here and by everybody who follows from here.

use std::collections::VecDeque;

use quash_core::planted::{self, Bug};
use quash_core::position::Position;

use super::Follower;
use super::action::{Action, Piece, StoreTicket};
use crate::feed::frame::{Ack, ToServer};
use crate::feed::state_file;

/// What waits for the local file, and what is in it.
#[derive(Debug, Default)]
pub(super) struct Acknowledgements {
    tickets: u64,
    waiting: VecDeque<Waiting>,
    /// Counts snapshots: a position of one generation says nothing in another.
    generation: u64,
    /// Counts connections: a version of the trust of one says nothing on another.
    connection: u64,
    /// The position that is kept, and its generation.
    position: Option<(u64, Position)>,
    trust: u64,
    subtree: Option<(Position, u64)>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    ticket: StoreTicket,
    kept: Kept,
    generation: u64,
    connection: u64,
}

/// What a piece of the local file makes true once it is stored.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kept {
    Nothing,
    UpTo(Position),
    Trust(u64),
}

impl Acknowledgements {
    /// A snapshot begins: earlier positions are not acknowledged any more.
    pub(super) fn new_generation(&mut self) {
        self.generation += 1;
    }

    /// Another connection: no trust was heard of on it yet.
    pub(super) fn new_connection(&mut self) {
        self.connection += 1;
        self.trust = 0;
    }

    /// All that was read from a local file is kept.
    pub(super) fn read(&mut self, position: Option<Position>) {
        self.position = position.map(|position| (self.generation, position));
    }

    fn ticket(&mut self, kept: Kept) -> StoreTicket {
        self.tickets += 1;
        let ticket = StoreTicket(self.tickets);
        let (generation, connection) = (self.generation, self.connection);
        self.waiting.push_back(Waiting { ticket, kept, generation, connection });
        ticket
    }

    fn stored(&mut self, ticket: StoreTicket) {
        while let Some(stored) = self.waiting.pop_front_if(|waiting| waiting.ticket <= ticket) {
            match stored.kept {
                Kept::UpTo(position) => self.position = Some((stored.generation, position)),
                Kept::Trust(version) if stored.connection == self.connection => self.trust = version,
                Kept::Trust(_) | Kept::Nothing => {}
            }
        }
    }

    /// What is kept of the present generation, here and below.
    fn ack(&self, following: bool) -> Ack {
        let kept = self.position.filter(|(generation, _)| following && *generation == self.generation);
        let own = Ack { watermark: kept.map_or(Position::ZERO, |(_, position)| position), trust: self.trust };
        match self.subtree {
            Some((watermark, trust)) => {
                Ack { watermark: own.watermark.min(watermark), trust: own.trust.min(trust) }
            }
            None => own,
        }
    }
}

impl Follower {
    /// The local file holds the piece with this ticket, and all before it, durably: it may be acknowledged.
    pub fn stored(&mut self, ticket: StoreTicket) {
        self.acknowledgements.stored(ticket);
        self.acknowledge();
    }

    /// What the lowest of the followers that run here has acknowledged, position and trust: this one acknowledges no
    /// more than that. `None` while nobody follows from here.
    pub fn subtree(&mut self, lowest: Option<(Position, u64)>) {
        self.acknowledgements.subtree = lowest;
        self.acknowledge();
    }

    /// Sends what may be acknowledged, if it is news on this connection. Neither number goes back on it.
    pub(super) fn acknowledge(&mut self) {
        let Some(link) = self.link.as_mut().filter(|link| link.welcome.is_some()) else { return };
        let ack = self.acknowledgements.ack(link.following);
        let before = link.acknowledged.unwrap_or(Ack { watermark: Position::ZERO, trust: 0 });
        let ack = Ack { watermark: ack.watermark.max(before.watermark), trust: ack.trust.max(before.trust) };
        if ack != before {
            link.acknowledged = Some(ack);
            self.send(&ToServer::Ack(ack));
        }
    }

    /// Puts `bytes` into the local file, which makes `kept` true.
    pub(super) fn store(&mut self, bytes: Vec<u8>, kept: Kept) {
        let ticket = self.acknowledgements.ticket(kept);
        let begun = std::mem::replace(&mut self.file.begun, true);
        let piece =
            if begun { Piece::Append(bytes) } else { Piece::Begin(state_file::beginning_with(&bytes)) };
        self.actions.push_back(Action::Store(piece, ticket));
        if planted::is(Bug::AcknowledgeBeforeStored) {
            self.stored(ticket);
        }
    }
}
