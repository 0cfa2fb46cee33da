//! The port to the answering server's own verifier.

use quash_core::ids::{SessionId, Subject};
use quash_core::position::Position;
use quash_core::revocation::decide::TimeRules;
use quash_core::revocation::entry::Entry;
use quash_core::revocation::record::Record;
use quash_core::revocation::rejection::Hit;
use quash_core::time::Timestamp;
use quash_core::verified::VerifiedClaims;
use quash_jose::KeySet;

use crate::feed::{Trust, TrustTooLarge};

/// The verifier that answers beside this authority, in the same process.
///
/// # Contract
/// - [`Enforcement::apply`] and [`Enforcement::advance`] have taken effect when they return: the next check sees
///   them. Entries come in the order of the log; one that lies at or below the watermark is skipped.
/// - The watermark never goes back.
/// - Keys are installed before a token is signed with one of them, and replace those installed before.
pub trait Enforcement: Send + Sync {
    /// The position up to which every entry is enforced.
    fn watermark(&self) -> Position;

    /// Enforces `entries`, which follow one another in the order of the log.
    fn apply(&self, entries: &[Entry]);

    /// As [`Enforcement::apply`], with the entries as verifiers hold them: what catching up costs least with.
    fn apply_records(&self, records: &[Record]);

    /// There will be as many entries in all: room for them can be made at once. Nothing has to be done.
    fn make_room(&self, _entries: u64) {}

    /// Raises the watermark: no entry up to `position` is left out.
    fn advance(&self, position: Position);

    /// Takes the keys that this authority's tokens are to be checked with.
    fn install_own_keys(&self, keys: KeySet);

    /// Whether verifiers elsewhere can be told of `trust`, beside the issuers that this one trusts. Where nobody is told
    /// anything, it can.
    ///
    /// # Errors
    /// [`TrustTooLarge`].
    fn can_be_told(&self, _trust: &Trust) -> Result<(), TrustTooLarge> {
        Ok(())
    }

    /// The strongest entry that hits `token`, which verified here and not there: its life is not looked at.
    fn hit(&self, token: &VerifiedClaims, rules: &TimeRules) -> Option<Hit>;

    /// Whether this session of this subject is registered at `now`, for an allowlist (S12).
    fn is_registered(&self, session: &SessionId, subject: &Subject, now: Timestamp) -> bool;

    /// How many sessions are held as registered.
    fn registered_sessions(&self) -> usize;

    /// Forgets what can not matter at `now`; how many entries went.
    fn purge(&self, now: Timestamp) -> usize;
}
