//! The verifier: who is trusted, what is revoked, what was seen before.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use quash_core::ids::Issuer;
use quash_core::revocation::freshness::{FreshnessSource, Undecided};
use quash_core::time::Timestamp;
use quash_jose::{KeySet, Limits, UserSecrets};

use crate::activity::Activity;
use crate::builder::Builder;
use crate::cache::TokenCache;
use crate::checked::Checked;
use crate::counters::{Counters, Counts};
use crate::epoch::Epoch;
use crate::issuer::{IssuerConfig, IssuerConflict, Trust, TrustedIssuer};
use crate::moment::Moment;
use crate::pinned::Pinned;
use crate::watch::Watches;

/// Judges tokens of many issuers from memory.
///
/// Everything takes `&self`. Checks take no lock, read no clock and allocate nothing for a token that was seen
/// before.
#[derive(Debug)]
pub struct Verifier {
    pub(crate) cache: TokenCache,
    pub(crate) counters: Counters,
    pub(crate) trust: ArcSwap<Trust>,
    pub(crate) shortcut: bool,
    pub(crate) limits: Limits,
    pub(crate) user_secrets: UserSecrets,
    pub(crate) watches: Arc<Watches>,
    /// The latest `now` of a purge: entries that it removed still count for clocks that jump back below it.
    ratchet: AtomicU64,
    changing: Mutex<()>,
}

/// Why keys were not replaced. The keys before stay in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeysRefused {
    /// No issuer has this name.
    #[error("no issuer of this name is trusted here")]
    UnknownIssuer,
    /// The set holds no key: it would refuse every token of the issuer.
    #[error("the key set holds no key")]
    Empty,
}

impl Verifier {
    /// Starts to describe a verifier.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn new(epoch: Epoch, builder: &Builder) -> Self {
        let activity = Activity::new(builder.reports_activity, builder.cached_tokens);
        Self {
            cache: TokenCache::new(builder.cached_tokens, activity),
            counters: Counters::default(),
            trust: ArcSwap::from_pointee(Trust::nobody(epoch, builder.limits)),
            shortcut: builder.shortcut,
            limits: builder.limits,
            user_secrets: builder.user_secrets.clone(),
            watches: Arc::default(),
            ratchet: AtomicU64::new(builder.ratchet.milliseconds()),
            changing: Mutex::new(()),
        }
    }

    /// Judges `token` at `at`. The answer is independent of the verifier; where it is looked at and dropped at
    /// once, [`pin`](Self::pin) saves the counting of references.
    ///
    /// # Errors
    /// [`Undecided`] when nothing refuses the token, but the state is too old or too incomplete to accept on;
    /// also when its issuer's keys were never loaded.
    pub fn check<S: FreshnessSource>(
        &self,
        token: &str,
        at: Moment<S>,
    ) -> Result<Checked<'static>, Undecided> {
        self.pin().check(token, at).map(Checked::into_owned)
    }

    /// Holds the token cache still, for one check or a few in a row. Costs a few nanoseconds. Memory of tokens
    /// that leave the cache is freed only when no pin is held, so do not keep it.
    pub fn pin(&self) -> Pinned<'_> {
        Pinned::new(self)
    }

    /// Trusts an issuer, or gives new rules to one that is trusted already: then every token of it is verified
    /// anew.
    ///
    /// # Errors
    /// [`IssuerConflict`]; nothing is changed then.
    pub fn set_issuer(&self, config: &IssuerConfig) -> Result<(), IssuerConflict> {
        let _changing = self.changing();
        let trust = self.trust.load();
        trust.admit(config)?;
        let issuer = TrustedIssuer::new(config, &trust.epoch.state);
        self.replace(&trust, config.name(), trust.with(issuer, self.limits));
        Ok(())
    }

    /// Trusts an issuer no longer. When this returns, no check accepts a token of it. Returns whether it was
    /// trusted before.
    pub fn remove_issuer(&self, name: &Issuer) -> bool {
        let _changing = self.changing();
        let trust = self.trust.load();
        self.replace(&trust, name, trust.without(name, self.limits))
    }

    /// Replaces all keys of an issuer. When this returns, no check accepts on a signature of a key that is not
    /// in `keys`; the signatures of cached tokens are checked anew as they come. Leave out sets that are equal
    /// to the one in force: they would cost just as much.
    ///
    /// # Errors
    /// [`KeysRefused`]: the last good set stays in force.
    pub fn replace_keys(&self, issuer: &Issuer, keys: KeySet) -> Result<(), KeysRefused> {
        if keys.is_empty() {
            return Err(KeysRefused::Empty);
        }
        let _changing = self.changing();
        let trust = self.trust.load();
        let held = trust.find(Some(issuer.as_str())).ok_or(KeysRefused::UnknownIssuer)?;
        self.replace(&trust, issuer, trust.with(held.with_keys(keys), self.limits));
        Ok(())
    }

    /// The keys of an issuer in force.
    pub fn keys(&self, issuer: &Issuer) -> Option<KeySet> {
        self.trust.load().find(Some(issuer.as_str())).map(|issuer| issuer.keys().clone())
    }

    /// Everybody who is trusted, under which rules, and with the keys in force: what a follower is told.
    pub fn issuers(&self) -> Vec<IssuerConfig> {
        self.trust.load().issuers().iter().map(|issuer| issuer.config()).collect()
    }

    /// Puts a trust in force in which something about `issuer` differs. Returns whether it was trusted before.
    fn replace(&self, old: &Trust, issuer: &Issuer, new: Trust) -> bool {
        self.trust.store(Arc::new(new));
        // INVARIANT: retired after the new one is in force, so that whoever sees the old one retired verifies
        // anew with what is trusted now.
        old.find(Some(issuer.as_str())).inspect(|old| old.retire()).is_some()
    }

    /// Forgets what can hit or be no living token any more at `now`: entries and cached tokens. The owner calls
    /// it every few seconds; checks go on meanwhile.
    ///
    /// From here on a check at an earlier instant is judged at `now` (I10): a clock that jumps back must not
    /// revive a token whose revocation is forgotten.
    pub fn purge(&self, now: Timestamp) -> Purged {
        // INVARIANT: the ratchet rises before anything is forgotten.
        let before = self.ratchet.fetch_max(now.milliseconds(), Ordering::AcqRel);
        let now = now.max(Timestamp::from_milliseconds(before));
        let epoch = Arc::clone(&self.trust.load().epoch);
        Purged { entries: epoch.purge(now), tokens: self.cache.sweep(now) }
    }

    /// From here on a check at an earlier instant than `forgotten` is judged at it (I10): whoever the entries come
    /// from may have left out those that were over then. Never goes back, so an instant in the far future refuses
    /// every token until the end of the process; whoever can say so can refuse every token anyway.
    pub fn raise_ratchet(&self, forgotten: Timestamp) {
        self.ratchet.fetch_max(forgotten.milliseconds(), Ordering::AcqRel);
    }

    /// The latest instant of a purge, here or where the entries come from. Persist it, and give it to the next builder.
    pub fn ratchet(&self) -> Timestamp {
        Timestamp::from_milliseconds(self.ratchet.load(Ordering::Acquire))
    }

    /// What happened so far.
    pub fn counts(&self) -> Counts {
        Counts { uses_dropped: self.uses_dropped(), ..self.counters.read() }
    }

    /// How many tokens named a key that nobody knows, so far. Cheap: whoever fetches keys may ask all the time.
    pub fn unknown_keys(&self) -> u64 {
        self.counters.unknown_keys()
    }

    /// How many tokens are cached.
    pub fn cached_tokens(&self) -> usize {
        self.cache.len()
    }

    pub(crate) fn changing(&self) -> MutexGuard<'_, ()> {
        // The guard protects no data of its own: a trust is replaced as a whole.
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a purge removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purged {
    /// Entries of the revocation state.
    pub entries: usize,
    /// Cached tokens.
    pub tokens: usize,
}
