//! The session registry: sessions and their grants.

use std::collections::BTreeSet;

use async_trait::async_trait;
use quash_core::ids::{ClientId, DeviceId, GrantId, SessionId, Subject, TokenId};
use quash_core::position::Position;
use quash_core::revocation::entry::Entry;
use quash_core::session::address::AddressPrefix;
use quash_core::session::ban::Ban;
use quash_core::session::device::Device;
use quash_core::session::grant::Grant;
use quash_core::session::last_use::{LastUse, UsedBy};
use quash_core::session::policy::SessionPolicy;
use quash_core::session::renewal::{Renewal, Verdict};
use quash_core::session::session::{Over, Session};
use quash_core::time::Timestamp;

use super::{Act, Alias, Idempotency, StoreError};

/// A session to open, with its first grant.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSession {
    /// The session. Its `opened_position` is set by the store.
    pub session: Session,
    /// Its first grant. Its `opened_position` is set by the store.
    pub grant: Grant,
    /// The head that the caller had read before it checked the password.
    pub as_of: Option<Position>,
    /// How many sessions its subject may have.
    pub limit: Option<SessionLimit>,
    /// Registers it in the log, for an issuer that keeps an allowlist.
    pub registration: Option<Registering>,
    /// Makes a retry harmless.
    pub idempotency: Option<Idempotency>,
    /// Who opens it.
    pub act: Act,
}

/// How a session is registered in the log (S12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registering {
    /// Until when it is: no token of the session is alive at this instant or after, nor could it be renewed.
    pub retain_until: Timestamp,
    /// The credential that opens the session.
    pub actor: Box<str>,
}

/// How many sessions a subject may have (S23, S24).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLimit {
    /// How many, and what becomes of one more.
    pub policy: SessionPolicy,
    /// A session counts while one of these holds a live grant of it.
    pub clients: BTreeSet<ClientId>,
    /// Until when verifiers hold the entries that end what is replaced.
    pub retain_until: Timestamp,
    /// The credential that opens the session.
    pub actor: Box<str>,
}

/// What one more session took the place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacesTaken {
    /// How many sessions it ended.
    pub sessions: u64,
    /// The position of the last entry that says so.
    pub through: Position,
}

/// What became of a [`NewSession`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Opened {
    /// It is open, durably, as of the smaller of `as_of` and the head: both rows as they were stored.
    Open {
        /// The session's row.
        session: Box<Session>,
        /// The grant's row.
        grant: Box<Grant>,
        /// The sessions whose place it took: each ended by an entry of its own, with the reason `replaced`.
        replaced: Option<PlacesTaken>,
    },
    /// The policy let it share a session that lives: that session's row, and the row of a grant of its own.
    Shared {
        /// The session's row.
        session: Box<Session>,
        /// The grant's row. It keeps what this sign-in said of itself.
        grant: Box<Grant>,
        /// The sessions whose place it took: more than one lived.
        replaced: Option<PlacesTaken>,
    },
    /// The same request was done before: the rows as they are now.
    Before {
        /// The session's row.
        session: Box<Session>,
        /// The grant's row.
        grant: Box<Grant>,
    },
    /// The idempotency key was used for another request. Nothing was done.
    KeyUsedOtherwise,
    /// `as_of` lies beyond the head. Nothing was done.
    AheadOfHead {
        /// The head.
        head: Position,
    },
    /// The subject has as many sessions as it may have, and the policy refuses one more. Nothing was done: a retry is
    /// judged anew.
    LimitReached {
        /// How many live and count.
        live: usize,
    },
    /// The subject is banned from the client. Nothing was done: a retry is judged anew.
    Banned(Box<Ban>),
    /// Nobody goes by this id any more: the subject got another one. Nothing was done.
    Aliased(Box<Alias>),
}

/// A grant that joins a session (single sign-on).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// The grant; it names its session. Its `opened_position` is set by the store to the head.
    pub grant: Grant,
    /// How many sessions the subject may have at this client: joining makes the session one that counts.
    pub limit: Option<SessionLimit>,
    /// Who joins it, and when.
    pub act: Act,
}

/// What became of a [`Join`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Joined {
    /// The grant is open.
    Open {
        /// The session's row.
        session: Box<Session>,
        /// The grant's row as it was stored.
        grant: Box<Grant>,
        /// The sessions whose place it took.
        replaced: Option<PlacesTaken>,
    },
    /// No such session.
    Unknown,
    /// The session is over by its own row.
    Over(Over),
    /// A cutoff ended the session.
    CutOff(Box<Entry>),
    /// The subject has as many sessions as it may have at this client, and the policy refuses one more.
    LimitReached {
        /// How many live and count.
        live: usize,
    },
    /// The subject is banned from the client.
    Banned(Box<Ban>),
}

/// What became of one use of a refresh token.
#[derive(Clone, Debug, PartialEq)]
pub struct Renewed {
    /// The verdict of `quash_core::session::renewal::judge`, already written where it says so.
    pub verdict: Verdict,
    /// The session's row after it.
    pub session: Session,
    /// The grant's row after it.
    pub grant: Grant,
    /// The head in the same transaction: the position of the access token that the answer carries.
    pub position: Position,
}

/// A use of a session without its refresh token (S04).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionUse {
    /// Which session, by which client, on which device.
    pub by: UsedBy,
    /// When.
    pub now: Timestamp,
}

/// What became of the uses in a report (S05).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    /// How many were of sessions that live: `last_used_at` is no earlier now.
    pub noted: u64,
    /// How many were not: the session is unknown, over, cut off, its row damaged, or its subject banned.
    pub ignored: u64,
}

/// A session that was used.
#[derive(Clone, Debug, PartialEq)]
pub struct Used {
    /// The session's row after it.
    pub session: Session,
    /// A grant of that client on that device.
    pub grant: Grant,
    /// The head in the same transaction.
    pub position: Position,
}

/// Which sessions to list: those that everything said here is true of.
///
/// The first that is said, in the order of the fields, is looked up in an index; the rest narrows what that finds. The
/// state has no index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The one that a token of this id is of (`TokenId::mint_in`): one session, or none; both, where two were opened in one
    /// millisecond and their ids begin alike, which is so for one pair in 2^28.
    pub token: Option<TokenId>,
    /// Of this subject.
    pub subject: Option<Subject>,
    /// On this device, also where its sign-in shares the session of another.
    pub device: Option<DeviceId>,
    /// Signed in from one of these addresses.
    pub ip: Option<AddressPrefix>,
    /// Signed in at this place, whatever the case of its letters.
    pub place: Option<Box<str>>,
    /// With a grant of this client.
    pub client: Option<ClientId>,
    /// Last used at this instant or later.
    pub last_used_from: Option<Timestamp>,
    /// Last used before this instant.
    pub last_used_before: Option<Timestamp>,
    /// Live, over, or both.
    pub state: StateFilter,
}

/// Where a page of sessions ended: a place in the index that served it. It leads on with the same filter only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(Box<[u8]>);

impl Cursor {
    /// The place that these bytes name. Any bytes do: a place that is none of the filter's leads to none of others.
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// Its bytes, 1 to some hundred.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The most sessions on one page.
pub const LONGEST_PAGE: usize = 200;

/// Which states to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StateFilter {
    /// Every session that is still stored.
    #[default]
    Any,
    /// Those that could be renewed.
    Active,
    /// Those that are over, by their row or by a cutoff.
    Ended,
}

/// Which page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Continue where a page ended; from the beginning when `None`.
    pub after: Option<Cursor>,
    /// At most so many, 1 to 200.
    pub limit: usize,
    /// The instant that "over" is judged at.
    pub now: Timestamp,
}

/// A session in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Its row.
    pub session: Session,
    /// The clients that hold a grant of it.
    pub clients: Vec<ClientId>,
    /// The other devices whose sign-ins share it, and are not cut off, the first to come first.
    pub shared_with: Vec<Device>,
    /// The cutoff that ended it, if one did.
    pub cut_by: Option<Entry>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// What is on it: at most as much as was asked for, also less, or nothing, with more to follow.
    pub items: Vec<T>,
    /// Where the next page begins; `None` when there is no more.
    pub next: Option<Cursor>,
}

/// A device of a subject, as the sessions that are stored tell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceUse {
    /// The device, as the latest sign-in that said so describes it.
    pub device: Device,
    /// With which user agent it was last signed in.
    pub user_agent: Option<Box<str>>,
    /// From which address.
    pub ip: Option<Box<str>>,
    /// At which place.
    pub place: Option<Box<str>>,
    /// When the first of its sessions was opened.
    pub first_seen_at: Timestamp,
    /// When the last of its sessions to be used was used.
    pub last_seen_at: Timestamp,
    /// How many sessions it has, those that are over included.
    pub sessions: u64,
    /// How many of them live.
    pub live_sessions: u64,
    /// How many of them no entry ended: those that live, and those that only ran out.
    pub open_sessions: u64,
}

/// The registry.
///
/// # Contract
/// - Each call is one transaction with the log: what it reads and the head it reports are of one instant.
/// - A session ended by a call that was acknowledged before another call began is ended in that call.
/// - `renew` never writes a session's state, and never a row that it read in another transaction: a logout that
///   lands in between wins.
/// - A cutoff ends a grant opened before it for as long as the entry's `enforce_until` lies ahead, without a
///   visit to the grant's row.
/// - A limit is judged and carried out in the transaction that opens the session: of sign-ins that race, none sees
///   the same free place. What is replaced ends with the opening, whole: its row, its entry, its place in the log. A
///   session that a cutoff hits at its opening, as its `as_of` is older, takes nobody's place.
/// - A session that is registered is so in the transaction that opens it, by one entry that ends nothing; it then stands
///   at that entry, unless it is opened `as_of` an earlier head and an entry since names what its tokens would, or more
///   came since than 1,024 entries. One that a cutoff hits at its opening is not registered, nor is one that is not opened
///   or shares another.
/// - A shared session holds at most 100 grants; of one client on one device the latest alone. One more sign-in takes its
///   place.
/// - A ban is judged in the transaction that opens, joins or renews: while it refuses, there is no new session, no new
///   grant and no new token of the subject at the client, in whatever order the calls come.
#[async_trait]
pub trait SessionRegistry: Send + Sync {
    /// Opens a session.
    async fn open(&self, session: NewSession) -> Result<Opened, StoreError>;

    /// Adds a client to a live session.
    async fn join(&self, join: Join) -> Result<Joined, StoreError>;

    /// Judges one use of a refresh token and writes what the verdict says: for `Rotate` the grant and the
    /// session's `last_used_at`, for every other verdict nothing. `None` when there is no such grant.
    async fn renew(&self, grant: &GrantId, renewal: Renewal) -> Result<Option<Renewed>, StoreError>;

    /// Notes that a session was used: its `last_used_at` moves, as by a renewal, and nothing else; a use within a second
    /// of the last one is not written. `None`, and nothing is written, where no such client holds a live grant of a live
    /// session on that device: it is unknown, over, or cut off.
    async fn use_session(&self, used: SessionUse) -> Result<Option<Used>, StoreError>;

    /// Notes that sessions were used, at instants that may have passed for a while, all in one transaction: for each that
    /// lives at `now`, as [`use_session`](Self::use_session) judges it, `last_used_at` moves to the reported instant, or
    /// to `now` if that is later still (a clock elsewhere is ahead), and nothing else does. It never goes back. Of one
    /// session reported several times the latest counts. A session that ended between a use and this call stays ended,
    /// and its row stays as it is.
    async fn note_uses(&self, uses: Vec<LastUse>, now: Timestamp) -> Result<Noted, StoreError>;

    /// One session, with what ended it.
    async fn session(&self, id: &SessionId) -> Result<Option<Listed>, StoreError>;

    /// A grant and its session: for looking at a refresh token without using it.
    async fn grant(&self, id: &GrantId) -> Result<Option<(Grant, Listed)>, StoreError>;

    /// A page of sessions, newest first; of a range of addresses, the highest address first, and of each the newest;
    /// by last use alone, those first whose hour of last use is the longest ago.
    ///
    /// A call looks at 2,000 rows of the index at most, so its time is bounded whatever the filter: where few of them
    /// pass, the page is short, or empty, and `next` leads on. A session that is there all the time is on exactly one of
    /// the pages that follow one another, whatever comes and goes between them; only in the order of last use, one that
    /// is used between two pages may come again, later, with its new time.
    async fn sessions(&self, filter: &Filter, page: &PageRequest) -> Result<Page<Listed>, StoreError>;

    /// The devices of a subject in the order of their ids; where `client` is given, as its grants alone tell of them.
    /// Costs the sessions of the subject that are stored.
    async fn devices(
        &self,
        subject: &Subject,
        client: Option<&ClientId>,
        now: Timestamp,
    ) -> Result<Vec<DeviceUse>, StoreError>;
}
