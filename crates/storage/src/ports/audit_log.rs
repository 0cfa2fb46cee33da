//! The audit log (I12): who changed what, when, why and what caused it, each entry chained to the one before by a hash.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use quash_core::ids::Subject;
use quash_core::position::Position;
use quash_core::time::Timestamp;

use super::StoreError;
use crate::rows;

/// Who changes something, when, and what caused it: for the audit entry of a change that makes no entry of the
/// revocation log, which says so itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// When.
    pub at: Timestamp,
    /// Who: the id of a service credential, a client or a subject; [`Act::SYSTEM`] for the server itself.
    pub actor: Box<str>,
    /// What caused it: a request id, a schedule, a task of the server.
    pub cause: Box<str>,
}

impl Act {
    /// The actor of what the server does on its own.
    pub const SYSTEM: &str = "system";

    /// What the server does on its own at `at`, by the task `cause`.
    pub fn of_system(at: Timestamp, cause: &str) -> Self {
        Self { at, actor: Self::SYSTEM.into(), cause: cause.into() }
    }
}

/// What an audit entry says beside what all of them say: by name, in the order of the names' bytes.
pub type Details = BTreeMap<Box<str>, Box<str>>;

/// What a change was: the words of [`AuditFact::action`].
pub mod action {
    /// An entry of the revocation log was made that ends something or makes tokens stale.
    pub const REVOKED: &str = "revoked";
    /// An entry of the revocation log was taken back.
    pub const UNDONE: &str = "undone";
    /// A session was opened.
    pub const SESSION_OPENED: &str = "session_opened";
    /// A sign-in got a grant of a session that lives.
    pub const SESSION_SHARED: &str = "session_shared";
    /// A client joined a session.
    pub const CLIENT_JOINED: &str = "client_joined";
    /// A refresh token was ahead of its row: the store had lost writes, and the token was adopted.
    pub const RENEWAL_ADOPTED: &str = "renewal_adopted";
    /// A ban was put.
    pub const BANNED: &str = "banned";
    /// A ban was lifted.
    pub const BAN_LIFTED: &str = "ban_lifted";
    /// A revocation was scheduled.
    pub const SCHEDULE_MADE: &str = "schedule_made";
    /// A schedule was removed before it was carried out.
    pub const SCHEDULE_REMOVED: &str = "schedule_removed";
    /// The ring of signing keys was replaced.
    pub const KEYS_CHANGED: &str = "keys_changed";
    /// A service credential was made.
    pub const CREDENTIAL_MADE: &str = "credential_made";
    /// A service credential was removed.
    pub const CREDENTIAL_REMOVED: &str = "credential_removed";
    /// A one-time token was used.
    pub const TOKEN_SPENT: &str = "token_spent";
    /// A backup was put in the place of the store.
    pub const RESTORED: &str = "restored";
}

/// One change, as the audit log says it. Holds no token, no key and no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFact {
    /// When, by the authority's clock.
    pub at: Timestamp,
    /// What: a word of [`action`], or one of a later version.
    pub action: Box<str>,
    /// Who.
    pub actor: Box<str>,
    /// What caused it.
    pub cause: Box<str>,
    /// Why, where a reason was given.
    pub reason: Option<Box<str>>,
    /// The entry of the revocation log that was made with it, where there is one.
    pub position: Option<Position>,
    /// What it was about.
    pub details: Details,
}

impl AuditFact {
    /// `act` was the change `action`, about `details`.
    pub fn new(act: &Act, action: &str, details: Details) -> Self {
        Self {
            at: act.at,
            action: action.into(),
            actor: act.actor.clone(),
            cause: act.cause.clone(),
            reason: None,
            position: None,
            details,
        }
    }
}

/// SHA-256, as a link of the chain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChainHash(pub [u8; 32]);

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ChainHash {
    /// The hash that 64 hexadecimal digits spell; `None` for anything else.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(hash))
    }
}

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place: from 1 on, without a gap.
    pub sequence: u64,
    /// What it says.
    pub fact: AuditFact,
    /// The hash of the entry before it.
    pub previous: ChainHash,
    /// Its own hash.
    pub hash: ChainHash,
}

/// A point of the chain: the hash at a sequence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditPoint {
    /// The last entry up to there; 0 before the first.
    pub sequence: u64,
    /// Its hash.
    pub hash: ChainHash,
}

/// Why a chain does not hold together, and where first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuditBreak {
    /// Another entry is where this one should be.
    #[error("entry {sequence} of the audit log is missing")]
    Missing {
        /// The place.
        sequence: u64,
    },
    /// The entry is not the one that was hashed, or does not follow the one before.
    #[error("entry {sequence} of the audit log is not what it was")]
    Changed {
        /// Its place.
        sequence: u64,
    },
}

impl AuditPoint {
    /// The next point, if `entry` is the one that follows. Costs one SHA-256.
    ///
    /// # Errors
    /// [`AuditBreak`].
    pub fn follow(&self, entry: &AuditEntry) -> Result<Self, AuditBreak> {
        let sequence = self.sequence.saturating_add(1);
        if entry.sequence != sequence {
            return Err(AuditBreak::Missing { sequence });
        }
        let hash = rows::audit::hash(self.hash, &rows::audit::canonical(sequence, &entry.fact));
        if entry.previous != self.hash || entry.hash != hash {
            return Err(AuditBreak::Changed { sequence });
        }
        Ok(Self { sequence, hash })
    }
}

/// Which entries to show, the first to come first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only what comes after this sequence number.
    pub after: u64,
    /// Only what names this subject.
    pub subject: Option<Subject>,
    /// Only what happened then or later.
    pub since: Option<Timestamp>,
    /// At most so many.
    pub limit: usize,
}

impl AuditQuery {
    /// Everything after `after`, at most `limit` entries.
    pub const fn after(after: u64, limit: usize) -> Self {
        Self { after, subject: None, since: None, limit }
    }
}

/// A piece of the audit log, of one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPage {
    /// Where the log that is kept begins: what was up to there is forgotten.
    pub anchor: AuditPoint,
    /// Where it ends.
    pub head: AuditPoint,
    /// What was asked for.
    pub entries: Vec<AuditEntry>,
    /// How far was looked: the next piece comes after this.
    pub through: u64,
}

/// The audit log.
///
/// # Contract
/// - *One a change*: every change of the other ports that is acknowledged and changes somebody's rights has exactly one
///   entry, written in the transaction of the change; a call that was refused, or that repeats one, has none. A call that
///   makes several entries of the revocation log has one for each. A registration, a renewal, a use of a session, an
///   idempotency key, a verifier's lease and a purge change no rights: they have none.
/// - *Chained*: an entry's hash is a function of the hash before it and of all that it says; the hash before the first
///   one is a function of the log's identity and issuer.
/// - *Forgotten from the front*: what is forgotten leaves its last hash behind as the anchor, so that what is kept can be
///   checked to its end.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// A piece of it. Looks at 10,000 entries at most: an answer shorter than the limit says only that
    /// [`AuditPage::through`] is how far was looked.
    async fn audit(&self, query: AuditQuery) -> Result<AuditPage, StoreError>;

    /// Forgets entries that are as old as `keep` at `now`, or at the ratchet if that is later: at exactly that age, never
    /// earlier, and only from the front. How many; a bounded number a call.
    async fn purge_audit(&self, now: Timestamp, keep: Duration) -> Result<u64, StoreError>;
}
