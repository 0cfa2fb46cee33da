//! The oracle: lists, and the rules of the design read word by word over them. It forgets nothing, it hashes
//! nothing, and it shares no code with what it judges but the names of things.

mod access;
mod allowlist;
mod entry;
mod log;
mod refresh;
mod session;
mod token;
mod undo;

use std::collections::VecDeque;
use std::time::Duration;

use quash_core::position::Position;
use quash_core::time::Timestamp;

pub(crate) use access::Verdict;
pub(crate) use entry::{Known, Said};
pub(crate) use log::{Expected, Grounds};
pub(crate) use refresh::{Outcome, Renewal};
pub(crate) use session::{Grant, Session, Use, grant_of};
pub(crate) use token::Token;
pub(crate) use undo::Takeback;

/// The settings that matter to the rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) grace: Duration,
    pub(crate) future_skew: Duration,
    pub(crate) keep_ended: Duration,
    pub(crate) undo_window: Duration,
    /// Whether only registered sessions pass.
    pub(crate) allowlist: bool,
}

/// All that was acknowledged, and all that may have happened without being acknowledged.
#[derive(Debug)]
pub(crate) struct Oracle {
    pub(crate) rules: Rules,
    pub(crate) sessions: Vec<Session>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) entries: Vec<Known>,
    /// What was asked of the log, and not found in it yet: it is there, or (without an answer) it may be.
    pub(crate) unsettled: Vec<Said>,
    /// The last position that was found in the log.
    pub(crate) head: Position,
    /// The highest position that any reply carried.
    pub(crate) highest_seen: Position,
    /// The latest purge that may have happened.
    pub(crate) purged_at: Timestamp,
    /// The latest purge that was answered: nothing is judged at an earlier instant.
    pub(crate) ratchet: Timestamp,
    /// When the latest token was handed out, by this server or by one before it.
    pub(crate) issued_at: Timestamp,
    /// The same, at the start of the server that runs.
    pub(crate) issued_before_start: Timestamp,
    /// Recent heads, and when they were the head, for backends that read one before they check a password.
    pub(crate) heads: VecDeque<(Position, Timestamp)>,
}

impl Oracle {
    pub(crate) const fn new(rules: Rules, origin: Position) -> Self {
        Self {
            rules,
            sessions: Vec::new(),
            grants: Vec::new(),
            tokens: Vec::new(),
            entries: Vec::new(),
            unsettled: Vec::new(),
            head: origin,
            highest_seen: origin,
            purged_at: Timestamp::EPOCH,
            ratchet: Timestamp::EPOCH,
            issued_at: Timestamp::EPOCH,
            issued_before_start: Timestamp::EPOCH,
            heads: VecDeque::new(),
        }
    }

    /// Takes in an access token that was handed out; its place among the tokens.
    pub(crate) fn hand_out(&mut self, token: Token) -> usize {
        if let Ok(position) = Position::new(token.says.pos) {
            self.highest_seen = self.highest_seen.max(position);
        }
        self.issued_at = self.issued_at.max(Timestamp::from_seconds(token.says.iat));
        self.tokens.push(token);
        self.tokens.len() - 1
    }

    /// A head that a backend may have read before it checked a password: so many steps ago, a minute at most.
    pub(crate) fn earlier_head(&self, steps: u8, now: Timestamp) -> Position {
        let recent = |at: Timestamp| at <= now && now.since(at) < Duration::from_secs(60);
        let heads = self.heads.iter().take_while(|(_, at)| recent(*at));
        heads.take(usize::from(steps) + 1).last().map_or(self.head, |(head, _)| *head)
    }

    /// Takes note of the head after a step.
    pub(crate) fn remember_head(&mut self, now: Timestamp) {
        self.heads.push_front((self.head, now));
        self.heads.truncate(8);
    }

    pub(crate) fn session_of(&self, grant: &Grant) -> Option<&Session> {
        self.sessions.get(grant.session)
    }
}
