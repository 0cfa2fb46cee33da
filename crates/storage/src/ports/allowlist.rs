//! Registering sessions that are open already, for an allowlist (S12). Those that open register as they do.

use std::time::Duration;

use async_trait::async_trait;
use quash_core::ids::SessionId;
use quash_core::position::Position;
use quash_core::time::Timestamp;

use super::StoreError;

/// Sessions to register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterOpen {
    /// Which: at most some hundreds, for they are one transaction.
    pub sessions: Vec<SessionId>,
    /// When.
    pub now: Timestamp,
    /// How much longer than to its absolute end each is held as registered.
    pub beyond_end: Duration,
    /// Who registers them.
    pub actor: Box<str>,
}

/// The allowlist.
///
/// # Contract
/// - Each of the sessions that lives at `now`, and has a grant that no cutoff hits, is registered by an entry of its own;
///   all in one transaction, which judges and registers. The others are left out.
/// - Whether a session is registered already is not judged: it is registered once more then, which says nothing new.
/// - That the list is whole is a word that the caller leaves in the store: it is what was said last, durably, and travels
///   with a backup. A new store says no.
#[async_trait]
pub trait Allowlist: Send + Sync {
    /// Registers them. The position of the last entry; `None` where none was made.
    async fn register_open(&self, register: RegisterOpen) -> Result<Option<Position>, StoreError>;

    /// Whether every session that lives is registered.
    async fn is_allowlist_whole(&self) -> Result<bool, StoreError>;

    /// Says whether every session that lives is registered.
    async fn set_allowlist_whole(&self, whole: bool) -> Result<(), StoreError>;
}
