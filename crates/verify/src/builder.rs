//! How a verifier comes to be.

use quash_core::position::Position;
use quash_core::revocation::state::RevocationState;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;
use quash_jose::{Limits, UserSecrets};

use crate::epoch::Epoch;
use crate::issuer::{IssuerConfig, IssuerConflict};
use crate::verifier::Verifier;

/// Describes a verifier.
#[derive(Debug)]
pub struct Builder {
    pub(crate) issuers: Vec<IssuerConfig>,
    pub(crate) cached_tokens: usize,
    pub(crate) limits: Limits,
    pub(crate) ratchet: Timestamp,
    pub(crate) shortcut: bool,
    pub(crate) reports_activity: bool,
    pub(crate) user_secrets: UserSecrets,
}

impl Builder {
    /// How many tokens are cached unless the owner says otherwise. A token of 700 bytes takes about 2 KB.
    pub const DEFAULT_CACHED_TOKENS: usize = 100_000;

    pub(crate) fn new() -> Self {
        Self {
            issuers: Vec::new(),
            cached_tokens: Self::DEFAULT_CACHED_TOKENS,
            limits: Limits::default(),
            ratchet: Timestamp::EPOCH,
            shortcut: true,
            reports_activity: false,
            user_secrets: UserSecrets::default(),
        }
    }

    /// Trusts an issuer.
    #[must_use]
    pub fn issuer(mut self, config: IssuerConfig) -> Self {
        self.issuers.push(config);
        self
    }

    /// Caches at most `count` tokens; zero for none.
    #[must_use]
    pub fn cached_tokens(self, count: usize) -> Self {
        Self { cached_tokens: count, ..self }
    }

    /// Sets how long a token may be. The default is 16 KiB.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Holds the secrets that the keys of our own subjects are derived from (S20). They never travel: each verifier is given
    /// them by its owner. Which of them are in force its issuer says.
    ///
    /// Whoever holds one can sign in the name of every subject.
    #[must_use]
    pub fn user_secrets(self, secrets: UserSecrets) -> Self {
        Self { user_secrets: secrets, ..self }
    }

    /// Starts with the ratchet of an earlier run: [`Verifier::ratchet`].
    #[must_use]
    pub fn ratchet(self, ratchet: Timestamp) -> Self {
        Self { ratchet, ..self }
    }

    /// With `false`, every check looks everything up. The answers are the same, and slower: this is for
    /// measuring, and for tests that prove it.
    #[must_use]
    pub fn shortcut(self, shortcut: bool) -> Self {
        Self { shortcut, ..self }
    }

    /// With `true`, uses of sessions of our own authority are noted, for whoever [takes](Verifier::take_activity) and
    /// reports them (S05). The default is not to: nobody would take them.
    #[must_use]
    pub fn reports_activity(self, reports_activity: bool) -> Self {
        Self { reports_activity, ..self }
    }

    /// A verifier without entries, as of `origin`: the position that its log starts at. `log_key` digests the
    /// ids of that log.
    ///
    /// # Errors
    /// [`IssuerConflict`] for issuers that can not stand beside each other.
    pub fn build(self, log_key: LogKey, origin: Position) -> Result<Verifier, IssuerConflict> {
        self.build_on(RevocationState::new(log_key, origin))
    }

    /// A verifier over a state that was filled before.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_on(self, state: RevocationState) -> Result<Verifier, IssuerConflict> {
        self.build_in(Epoch::first(state))
    }

    /// A verifier that knows of no log yet. Until [`Verifier::install`] it refuses what needs no log to refuse, and
    /// every other question is [undecided].
    ///
    /// [undecided]: quash_core::revocation::freshness::Undecided::Incomplete
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_cold(self) -> Result<Verifier, IssuerConflict> {
        self.build_in(Epoch::cold())
    }

    fn build_in(self, epoch: Epoch) -> Result<Verifier, IssuerConflict> {
        let verifier = Verifier::new(epoch, &self);
        for (place, config) in self.issuers.iter().enumerate() {
            if self.issuers.iter().take(place).any(|earlier| earlier.name() == config.name()) {
                return Err(IssuerConflict::Duplicate(config.name().clone()));
            }
            verifier.set_issuer(config)?;
        }
        Ok(verifier)
    }
}
