//! The revocation log: ordered, gapless, durable.

use std::time::Duration;

use async_trait::async_trait;
use quash_core::ids::Subject;
use quash_core::position::{Checksum, Head, LogId, Position};
use quash_core::revocation::entry::{Entry, NewEntry};
use quash_core::revocation::record::Record;
use quash_core::revocation::target_key::LogKey;
use quash_core::revocation::undo::{NotUndoable, Undoer};
use quash_core::time::Timestamp;
use tokio::sync::watch;

use super::{Details, StoreError};

/// Which log this is. Made once, with the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogIdentity {
    /// Its id. Data that was lost or restored continues as a new log.
    pub log: LogId,
    /// The key of its digests.
    pub key: LogKey,
    /// The position before its first entry.
    pub origin: Position,
}

impl LogIdentity {
    /// A new log, made at `now`: 16 random bytes are its id, 16 its key, and 4 choose its origin.
    pub fn from_random(now: Timestamp, random: [u8; 36]) -> Self {
        let (log, rest) = split(&random);
        let (key, rest) = split(rest);
        let (origin, _) = split(rest);
        Self {
            log: LogId::from_random(log),
            key: LogKey::from_random(key),
            origin: Position::origin(now, u32::from_be_bytes(origin)),
        }
    }
}

/// The first `N` of `bytes`, and the others. Zeroes where there are too few.
fn split<const N: usize>(bytes: &[u8]) -> ([u8; N], &[u8]) {
    bytes.split_first_chunk().map_or(([0; N], &[]), |(first, rest)| (*first, rest))
}

/// Makes a repeated request one change. Kept for 24 hours.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Idempotency {
    /// Who sent it, and their key for it: two callers never share a key.
    pub key: Box<str>,
    /// Digest of the request, so that a key used for another request is found out.
    pub request: [u8; 32],
}

/// One entry to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// The fact.
    pub entry: NewEntry,
    /// Makes a retry harmless.
    pub idempotency: Option<Idempotency>,
    /// Refuse when more live sessions than this match the entry.
    pub expect_max: Option<u64>,
    /// What else the audit log says about it.
    pub evidence: Details,
    /// Changes claims in the same step.
    pub claims: Option<ClaimsChange>,
}

/// Changes what the live sessions of a subject carry into their tokens (design section 2: a `refresh` entry commits together
/// with the changed claims that it is about).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimsChange {
    /// Whose sessions.
    pub subject: Subject,
    /// The members to set; those that are null are taken out. The others stay.
    pub members: serde_json::Map<String, serde_json::Value>,
    /// The most bytes of JSON that a session may carry afterwards.
    pub budget: usize,
}

impl Append {
    /// `entry`, once for each call.
    pub const fn new(entry: NewEntry) -> Self {
        Self { entry, idempotency: None, expect_max: None, evidence: Details::new(), claims: None }
    }
}

/// What became of an [`Append`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Appended {
    /// It is in the log, durably. `matched` is counted only where `expect_max` was given.
    At {
        /// Its position.
        position: Position,
        /// Live sessions that matched.
        matched: Option<u64>,
    },
    /// The same request was done before: this is what it did.
    Before {
        /// The position of that time.
        position: Position,
        /// What was counted then.
        matched: Option<u64>,
    },
    /// The idempotency key was used for another request. Nothing was done.
    KeyUsedOtherwise,
    /// More sessions match than expected. Nothing was done.
    TooMany {
        /// How many.
        matched: u64,
    },
    /// A session would carry more than the budget of the [`ClaimsChange`]. Nothing was done.
    ClaimsTooLarge,
}

/// One entry to take back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undo {
    /// Where it stands.
    pub position: Position,
    /// Who takes it back, when and why.
    pub undoer: Undoer,
    /// For how long after it was recorded that can be done.
    pub window: Duration,
    /// Makes a retry harmless.
    pub idempotency: Option<Idempotency>,
}

/// What became of an [`Undo`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undone {
    /// It is taken back, durably, by an entry at this position.
    At(Position),
    /// The same request was done before, and appended this entry.
    Before(Position),
    /// The idempotency key was used for another request. Nothing was done.
    KeyUsedOtherwise,
    /// There is no such entry, or it is forgotten already. Nothing was done.
    Unknown,
    /// Such an entry is never taken back. Nothing was done.
    Never(NotUndoable),
    /// The entry at this position took it back already. Nothing was done.
    Already(Position),
    /// The time to take it back was over at this instant. Nothing was done.
    Over(Timestamp),
}

/// A piece of the log as followers get it: all that a verifier must hold of what lies after one position, up to
/// [`FeedPage::through`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPage {
    /// The records, in order.
    pub records: Vec<Record>,
    /// How far they reach. Positions up to here without a record can hit no token that is alive.
    pub through: Position,
    /// The checksum of the log there.
    pub checksum: Checksum,
}

/// The log.
///
/// # Contract
/// - *Gapless*: positions follow one another by one, in commit order, from [`LogIdentity::origin`] + 1.
/// - *Prefix-visible*: whoever reads a head of N, here or through [`RevocationLog::head_changes`], reads every
///   live entry up to N.
/// - *Durable first*: no position above the durable head is ever returned, from any call.
/// - *Whole*: an entry about a session that the registry holds ends that session's row in the same
///   transaction (state, `recorded_at`, reason, actor); an entry with effect `end` only.
/// - *Undone once*: an undo is an entry itself. With it, in the same transaction, the entry that it names ends no session
///   any more, and a session's row that this very entry ended is active again; unless another entry ends that session:
///   then the row says that one. On and after the end of the window nothing is taken back, however far the clock went
///   back since the latest purge.
/// - *Chained*: [`Head::checksum`] is a function of the log's identity and of all its entries in order.
/// - A crash loses nothing that was acknowledged, and may keep what was not.
#[async_trait]
pub trait RevocationLog: Send + Sync {
    /// Which log this is.
    async fn identity(&self) -> Result<LogIdentity, StoreError>;

    /// The last durable position.
    async fn head(&self) -> Result<Head, StoreError>;

    /// A value that follows the durable head upwards. It may skip positions; it never shows one too early.
    fn head_changes(&self) -> watch::Receiver<Position>;

    /// Appends one entry.
    async fn append(&self, append: Append) -> Result<Appended, StoreError>;

    /// Takes back one entry: no other is affected.
    async fn undo(&self, undo: Undo) -> Result<Undone, StoreError>;

    /// Which of the entries from `first` to `last`, both included, were taken back, and by which. In order.
    async fn undone(&self, first: Position, last: Position) -> Result<Vec<(Position, Position)>, StoreError>;

    /// Entries after `after` that a verifier must hold at `now` (`retain_until` beyond it), in order, at most
    /// `limit` of them. An empty answer means that there are none up to the head.
    async fn live_after(
        &self,
        after: Position,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError>;

    /// The same entries as [`live_after`](Self::live_after), as verifiers hold them: digests in place of ids.
    ///
    /// A store may make them straight from its rows, which costs a fraction of making entries first. An
    /// answer shorter than `limit` still says nothing: only an empty one means that there are none.
    async fn live_records_after(
        &self,
        after: Position,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let key = self.identity().await?.key;
        let entries = self.live_after(after, now, limit).await?;
        Ok(entries.iter().map(|entry| entry.record(&key)).collect())
    }

    /// How many entries a verifier must hold by the last purge; so that it can make room for them, and for nothing
    /// else: a store that would have to count says zero.
    async fn entries_held(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    /// What a verifier must hold at `now` of the entries after `after`, at most `limit` of them (zero counts as one),
    /// and how far that reaches: to the last record where `limit` cut it off, else to the durable head. The answer
    /// is of one instant. From `after` at or beyond the head on there is nothing: the page is empty and says where
    /// the head is.
    async fn feed_after(&self, after: Position, now: Timestamp, limit: usize)
    -> Result<FeedPage, StoreError>;

    /// The checksum at `position`. `None` when the log never reached it, or no longer knows: then nobody can resume
    /// from it. It is known wherever the log still has the entry, at the origin and at the head.
    async fn checksum_at(&self, position: Position) -> Result<Option<Checksum>, StoreError>;

    /// Entries before `before` (all, when `None`), newest first, at most `limit`: for people.
    async fn entries_before(&self, before: Option<Position>, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// How many live sessions the entry would match if it were appended now. Costs the size of what it names:
    /// one subject's sessions, or all sessions for client, claim and issuer targets.
    async fn count_matching(&self, entry: &NewEntry) -> Result<u64, StoreError>;
}
