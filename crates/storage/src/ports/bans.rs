//! Bans: which subjects may not sign in, where and until when (S27).

use async_trait::async_trait;
use quash_core::ids::Subject;
use quash_core::position::Position;
use quash_core::session::ban::{Ban, Service};
use quash_core::time::Timestamp;

use super::{Act, Alias, StoreError};

/// A ban to put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutBan {
    /// Whom.
    pub subject: Subject,
    /// Where.
    pub service: Service,
    /// How, and until when. It is put at [`Ban::at`].
    pub ban: Ban,
    /// Until when verifiers hold the entries that end live sessions.
    pub retain_until: Timestamp,
    /// Until when the store enforces an entry that ends all sessions of the subject.
    pub enforce_until: Timestamp,
    /// What caused it, for the entries.
    pub cause: Box<str>,
}

/// What became of a [`PutBan`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BanPut {
    /// It stands, durably.
    Put {
        /// The position of the last entry that ends sessions which it reaches; none when it reaches none.
        through: Option<Position>,
    },
    /// Nobody goes by this id any more: the subject got another one. Nothing was done.
    Aliased(Alias),
}

/// A ban, and where it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingBan {
    /// Where.
    pub service: Service,
    /// The ban.
    pub ban: Ban,
}

/// The bans.
///
/// # Contract
/// - A subject has one ban at a service: a later one takes the place of an earlier one.
/// - A ban that refuses ends what is live and within its reach in the transaction that puts it. *Everywhere* reaches
///   every session of the subject, by one entry about the subject. A client reaches the sessions that it holds a grant
///   of, each by an entry of its own.
/// - From then on to its `until`, that instant not included, the registry opens, joins, renews and uses nothing that it reaches.
/// - Lifting a ban revives nothing.
/// - A purge forgets a ban when it is over, never earlier.
#[async_trait]
pub trait Bans: Send + Sync {
    /// Puts a ban.
    async fn ban(&self, put: PutBan) -> Result<BanPut, StoreError>;

    /// Takes a ban away: the one that was there, over or not.
    async fn lift_ban(
        &self,
        subject: &Subject,
        service: &Service,
        act: Act,
    ) -> Result<Option<Ban>, StoreError>;

    /// The bans of a subject that are stored, over or not, in the order of their services.
    async fn bans(&self, subject: &Subject) -> Result<Vec<StandingBan>, StoreError>;
}
