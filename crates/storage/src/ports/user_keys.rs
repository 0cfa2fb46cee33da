//! The generations of the keys that the tokens of single subjects are signed with (S20).

use async_trait::async_trait;
use quash_core::ids::Subject;
use quash_core::position::Position;

use super::StoreError;

/// Reads generations. An entry about [`Target::UserKey`] or [`Target::UserKeys`] makes them.
///
/// # Contract
/// - The generation is the position of the latest such entry of the own issuer; zero for a subject that none is about.
///   A subject whose key was never rotated takes up no row.
/// - It never goes back: such an entry is neither purged nor undone.
/// - An entry that was acknowledged before the call began is seen in it.
///
/// [`Target::UserKey`]: quash_core::revocation::target::Target::UserKey
/// [`Target::UserKeys`]: quash_core::revocation::target::Target::UserKeys
#[async_trait]
pub trait UserKeys: Send + Sync {
    /// The generation in force of the subject's key.
    async fn user_key_generation(&self, subject: &Subject) -> Result<Position, StoreError>;
}
