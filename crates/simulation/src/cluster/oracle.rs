//! What a cluster's oracle knows beside the lists of the single server's: when each thing became certain.

use std::collections::BTreeSet;

use quash_core::position::Position;
use quash_core::revocation::entry::Effect;
use quash_core::time::Timestamp;

use super::node::NodeId;
use super::tick::Tick;
use crate::oracle::{Known, Token, Verdict};

/// The lists, and the instants.
#[derive(Debug)]
pub(crate) struct Oracle {
    pub(crate) lists: crate::oracle::Oracle,
    /// By position, when each entry was known to be durable.
    durable: Vec<(Position, Tick)>,
    /// What was reported to be in force everywhere.
    pub(crate) everywhere: Vec<Everywhere>,
}

/// A wait that came back complete.
#[derive(Clone, Debug)]
pub(crate) struct Everywhere {
    pub(crate) position: Position,
    /// When it came back.
    pub(crate) at: Tick,
    /// Who was named as one that nobody can wait for.
    pub(crate) unfenced: BTreeSet<NodeId>,
}

impl Oracle {
    pub(crate) const fn new(lists: crate::oracle::Oracle) -> Self {
        Self { lists, durable: Vec::new(), everywhere: Vec::new() }
    }

    /// Takes note that all entries of the lists are durable now.
    pub(crate) fn note_durable(&mut self, now: Tick) {
        let known = self.durable.len();
        let news = self.lists.entries.iter().skip(known).map(|entry| (entry.position, now));
        self.durable.extend(news);
    }

    /// Every entry with the instant since when it is durable.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = (&Known, Tick)> {
        self.lists.entries.iter().zip(&self.durable).map(|(entry, (_, at))| (entry, *at))
    }

    /// Whether a verifier that has reached `watermark` knows the entry at `position` to be undone.
    pub(crate) fn is_undone(&self, position: Position, watermark: Position) -> bool {
        let undoes = |entry: &&Known| entry.said.undoes == Some(position) && entry.position <= watermark;
        self.lists.entries.iter().any(|entry| undoes(&entry))
    }

    /// Every entry that hits `token`, and that whoever has reached `watermark` does not know to be undone.
    pub(crate) fn standing<'a>(
        &'a self,
        token: &'a Token,
        watermark: Position,
    ) -> impl Iterator<Item = (&'a Known, Tick)> {
        self.hits(token).filter(move |(entry, _)| !self.is_undone(entry.position, watermark))
    }

    /// Every entry that hits `token`, whatever became of it.
    pub(crate) fn hits<'a>(&'a self, token: &'a Token) -> impl Iterator<Item = (&'a Known, Tick)> {
        self.entries().filter(|(entry, _)| token.is_hit_by(&entry.said, entry.position))
    }

    /// What a verifier that has reached `watermark` must come to at `now`, whatever else it knows.
    pub(crate) fn judge(&self, token: &Token, watermark: Position, now: Timestamp) -> Verdict {
        if now >= Timestamp::from_seconds(token.says.exp) {
            return Verdict::Expired;
        }
        if Timestamp::from_seconds(token.says.iat) > now.plus(self.lists.rules.future_skew) {
            return Verdict::FromTheFuture;
        }
        let reached = self.standing(token, watermark).filter(|(entry, _)| entry.position <= watermark);
        match reached.map(|(entry, _)| strength(entry)).max() {
            Some((effect, position)) => Verdict::Revoked(position, effect),
            None => Verdict::Accepted,
        }
    }

    /// The entry at `position`, if it hits `token`.
    pub(crate) fn hit_at<'a>(&'a self, token: &'a Token, position: Position) -> Option<&'a Known> {
        self.hits(token).map(|(entry, _)| entry).find(|entry| entry.position == position)
    }
}

/// `end` before `refresh`, then the latest.
pub(crate) const fn strength(entry: &Known) -> (Effect, Position) {
    (entry.said.effect, entry.position)
}
