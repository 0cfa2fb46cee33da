//! Subjects that got another id (S22).

use async_trait::async_trait;
use quash_core::ids::Subject;
use quash_core::position::Position;
use quash_core::time::Timestamp;

use super::StoreError;

/// An id that takes the place of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAlias {
    /// The id until now.
    pub old: Subject,
    /// The id from now on.
    pub new: Subject,
    /// When.
    pub at: Timestamp,
    /// The credential that changed it.
    pub by: Box<str>,
    /// Until when verifiers hold the entry that ends the sessions of the old id.
    pub retain_until: Timestamp,
    /// Until when the store enforces it.
    pub enforce_until: Timestamp,
    /// What caused it, for the entry.
    pub cause: Box<str>,
}

/// What became of a [`NewAlias`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Aliased {
    /// It is changed, durably.
    At(Position),
    /// It was changed to this very id before, by the entry at this position.
    Before(Position),
    /// The old id was changed to this other one before. Nothing was done.
    Otherwise(Alias),
    /// The new id was itself left for another one: nobody goes by it any more. Nothing was done.
    NewIsOld(Alias),
}

/// What an id was changed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The id that took its place.
    pub new: Subject,
    /// When.
    pub at: Timestamp,
    /// The credential that changed it.
    pub by: Box<str>,
    /// The position of the entry that ended the sessions of the old id.
    pub position: Position,
}

/// The ids that nobody goes by any more.
///
/// # Contract
/// - A change ends every session of the old id by one entry, and moves its bans to the new id, in the transaction that
///   writes it down. Where both ids have a ban at one service, the one that is over last stands; one that refuses
///   before one that warns.
/// - From then on, for ever, the registry opens no session of the old id, and takes no ban of it.
/// - An id that was left is never taken up again.
#[async_trait]
pub trait Aliases: Send + Sync {
    /// Changes an id.
    async fn change_alias(&self, alias: NewAlias) -> Result<Aliased, StoreError>;

    /// What an id was changed to, if it was.
    async fn alias(&self, subject: &Subject) -> Result<Option<Alias>, StoreError>;
}
