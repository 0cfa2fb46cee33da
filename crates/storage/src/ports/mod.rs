//! The ports: small traits with written contracts. A [`Store`] keeps all of them over one set of data.
//!
//! Rules for all of them:
//! - A call that changes something returns only after the change is durable. An error means that nothing of
//!   the call was acknowledged; it may still have happened (a reply can be lost), which is why every change
//!   is safe to repeat.
//! - Not found is `Option::None`.
//! - Time is an argument. A store reads no clock.
//! - Calls may run in parallel; each is one transaction, and all transactions have one order.

mod aliases;
mod allowlist;
mod audit_log;
mod bans;
mod credentials;
mod error;
mod key_ring;
mod maintenance;
mod one_time_tokens;
mod revocation_log;
mod schedules;
mod session_registry;
mod user_keys;
mod verifiers;

pub use aliases::{Alias, Aliased, Aliases, NewAlias};
pub use allowlist::{Allowlist, RegisterOpen};
pub use audit_log::{
    Act, AuditBreak, AuditEntry, AuditFact, AuditLog, AuditPage, AuditPoint, AuditQuery, ChainHash, Details,
    action,
};
pub use bans::{BanPut, Bans, PutBan, StandingBan};
pub use credentials::{CredentialStore, Role, StoredCredential};
pub use error::StoreError;
pub use key_ring::{KeyRing, KeyRingStore, KeyStage, Replaced, StoredKey};
pub use maintenance::{Horizons, Maintenance, Purged};
pub use one_time_tokens::{OneTimeTokens, Spend, Spent};
pub use revocation_log::{
    Append, Appended, ClaimsChange, FeedPage, Idempotency, LogIdentity, RevocationLog, Undo, Undone,
};
pub use schedules::{Fire, ScheduleStore, StoredSchedule};
pub use session_registry::{
    Cursor, DeviceUse, Filter, Join, Joined, LONGEST_PAGE, Listed, NewSession, Noted, Opened, Page,
    PageRequest, PlacesTaken, Registering, Renewed, SessionLimit, SessionRegistry, SessionUse, StateFilter,
    Used,
};
pub use user_keys::UserKeys;
pub use verifiers::{StoredVerifier, VerifierRegistry};

/// Everything that the authority keeps.
pub trait Store:
    RevocationLog
    + SessionRegistry
    + KeyRingStore
    + CredentialStore
    + VerifierRegistry
    + OneTimeTokens
    + ScheduleStore
    + Bans
    + Aliases
    + AuditLog
    + Allowlist
    + UserKeys
    + Maintenance
{
}

impl<T> Store for T where
    T: RevocationLog
        + SessionRegistry
        + KeyRingStore
        + CredentialStore
        + VerifierRegistry
        + OneTimeTokens
        + ScheduleStore
        + Bans
        + Aliases
        + AuditLog
        + Allowlist
        + UserKeys
        + Maintenance
{
}
