//! What an operator must hear of.

use quash_core::ids::Issuer;
use quash_core::position::{LogId, Position};

use crate::issuer::IssuerConflict;

/// Something that the feed found, and that somebody must look into. The follower itself goes on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Alarm {
    /// The server's log ends before what is held of it: it lost entries. What is held stays in force.
    #[error("the log ends at {theirs}, and is held here up to {ours}: it lost entries")]
    RolledBack {
        /// Up to where it is held here.
        ours: Position,
        /// The server's head.
        theirs: Position,
    },
    /// The server's log has other entries than those that are held of it.
    #[error("the log has other entries up to {position} than are held here")]
    Diverged {
        /// Up to where it was held here.
        position: Position,
    },
    /// The log continues as another one with the same digests: restored from a backup, or after a loss.
    #[error("log {before} continues as {after}, restored or after a loss")]
    Restored {
        /// The log before.
        before: LogId,
        /// The log now.
        after: LogId,
    },
    /// A log of somebody else took its place: what was held is enforced until it is over.
    #[error("log {before} was replaced by {after}, which shares nothing with it")]
    Replaced {
        /// The log before.
        before: LogId,
        /// The log now.
        after: LogId,
    },
    /// After a loss: how many live records are held that the server's log does not know. They were sent to it.
    #[error("{records} live records are held here that the log does not know")]
    Beyond {
        /// How many.
        records: usize,
    },
    /// The log became another one too often; the last one was not taken, and the state gets stale.
    #[error("the log became another one too often")]
    ReplacedTooOften,
    /// An issuer that the authority trusts can not be trusted here.
    #[error("an issuer of the authority is not taken: {0}")]
    IssuerRefused(#[from] IssuerConflict),
    /// A trust that does not read. The one before stays in force.
    #[error("trust {version} of the authority is not understood")]
    TrustUnreadable {
        /// Its version.
        version: u64,
    },
    /// An issuer has a rule that this version does not know: its tokens are undecided.
    #[error("a rule of `{0}` is not known in this version: its tokens are undecided")]
    RuleUnknown(Issuer),
    /// The keys of an issuer are not sound. The ones before stay in force.
    #[error("the keys of `{0}` are not sound")]
    KeysRefused(Issuer),
}
