//! Forgetting what can not matter any more, and noticing what other servers changed.

use quash_storage::ports::Purged;

use crate::authority::Authority;
use crate::error::Error;

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// By the store.
    pub store: Purged,
    /// Entries, by the verifier beside this authority.
    pub verifier_entries: usize,
    /// Verifiers that went and whose lease is over.
    pub verifiers: u64,
    /// Entries of the audit log that were old enough.
    pub audit: u64,
}

/// So many rounds of purging a call; the next call goes on.
const MOST_ROUNDS: usize = 1000;

impl Authority {
    /// Purges the store and the verifier, drops signing keys whose last token is over and verifiers whose lease
    /// is, and takes notice of keys and credentials that another server on the same store changed. To be called every few seconds to minutes.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Keys`]; what was purged stays purged, the rest is for the next call.
    pub async fn maintain(&self) -> Result<Maintained, Error> {
        let now = self.now();
        // INVARIANT: from here on nothing is judged before `now`: a clock that jumps back revives nothing.
        self.raise_ratchet(now);
        let mut maintained =
            Maintained { verifier_entries: self.enforcement.purge(now), ..Maintained::default() };
        for _ in 0..MOST_ROUNDS {
            let purged = self.store.purge(now, self.settings.keep_ended).await?;
            maintained.store.entries += purged.entries;
            maintained.store.set_aside += purged.set_aside;
            maintained.store.sessions += purged.sessions;
            maintained.store.put_off += purged.put_off;
            maintained.store.idempotency_keys += purged.idempotency_keys;
            maintained.store.one_time_tokens += purged.one_time_tokens;
            maintained.store.bans += purged.bans;
            if purged == Purged::default() {
                break;
            }
        }
        for _ in 0..MOST_ROUNDS {
            let forgotten = self.store.purge_audit(now, self.settings.keep_audit).await?;
            maintained.audit += forgotten;
            if forgotten == 0 {
                break;
            }
        }
        self.maintain_allowlist().await?;
        self.maintain_keys(now).await?;
        self.maintain_credentials().await?;
        maintained.verifiers = self.maintain_leases().await?;
        Ok(maintained)
    }
}
