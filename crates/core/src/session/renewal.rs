//! The verdict on one use of a refresh token: pure, so that every store reaches the same one.

use std::time::Duration;

use crate::revocation::entry::{Effect, Entry, Exception};
use crate::session::ban::Ban;
use crate::session::grant::{Generation, Grant, Presented};
use crate::session::session::{Over, Session};
use crate::time::Timestamp;

/// What is to be done about one use of a refresh token.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// Write this grant and answer with its generation. `alarm` says that the store had lost writes.
    Rotate {
        /// The grant after the rotation.
        grant: Grant,
        /// The presented generation was ahead of the row.
        alarm: bool,
    },
    /// Answer with the current generation; write nothing.
    Repeat,
    /// The token was used long after its successor: end the session as theft.
    Reuse,
    /// The session is over.
    Over(Over),
    /// A cutoff of the log ended the session.
    CutOff(Box<Entry>),
    /// The subject is banned from the client. Said by whoever knows the bans, before anything else is judged.
    Banned(Box<Ban>),
}

/// One use of a refresh token whose MAC is good.
#[derive(Clone, Copy, Debug)]
pub struct Renewal {
    /// The generation in the token.
    pub presented: Generation,
    /// When it was used.
    pub now: Timestamp,
    /// For how long an older generation is answered with the current one.
    pub grace: Duration,
}

/// Judges one use of a refresh token. `cut_by` is any entry that [`is_cut_by`] says ends this grant.
pub fn judge(renewal: &Renewal, session: &Session, grant: Grant, cut_by: Option<Entry>) -> Verdict {
    if let Some(over) = session.over(renewal.now) {
        return Verdict::Over(over);
    }
    if let Some(entry) = cut_by {
        return Verdict::CutOff(Box::new(entry));
    }
    match grant.judge(renewal.presented, renewal.now, renewal.grace) {
        Presented::Repeat => Verdict::Repeat,
        Presented::Reuse => Verdict::Reuse,
        presented @ (Presented::Current | Presented::Ahead) => {
            let alarm = presented == Presented::Ahead;
            Verdict::Rotate { grant: grant.rotate(renewal.presented, renewal.now), alarm }
        }
    }
}

/// Whether `entry`, which is about something that `grant` or its session names, ends it.
///
/// Identity targets end it whatever their position; cutoffs end grants that were opened before them.
/// A `refresh` entry ends nothing: the renewal it asks for is this one. An entry that undoes another ends nothing
/// either, nor does one that registers a session.
pub fn is_cut_by(session: &Session, grant: &Grant, entry: &Entry) -> bool {
    let fact = &entry.fact;
    let identity = fact.target.kind().is_identity();
    let before = identity || session.judged_from(grant, fact.target.claim()) < entry.position;
    let in_window =
        identity || fact.window.is_none_or(|window| window.contains(session.authenticated_at.seconds()));
    let spared = matches!(&fact.exception, Some(Exception::Session(id)) if *id == session.id);
    fact.revokes() && fact.effect == Effect::End && before && in_window && !spared
}
