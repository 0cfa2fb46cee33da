//! A verifier over the state of `quash_core`: the decision without a cache or a feed.

use std::sync::Arc;

use arc_swap::ArcSwap;
use quash_core::defect::Defect;
use quash_core::ids::{SessionId, Subject};
use quash_core::position::Position;
use quash_core::revocation::decide::{Decision, Question, TimeRules, decide};
use quash_core::revocation::entry::Entry;
use quash_core::revocation::freshness::{Freshness, Undecided};
use quash_core::revocation::record::Record;
use quash_core::revocation::rejection::{Hit, Rejection};
use quash_core::revocation::scope::TokenNames;
use quash_core::revocation::state::RevocationState;
use quash_core::time::Timestamp;
use quash_core::verified::VerifiedClaims;
use quash_jose::{KeySet, Limits, TokenProfile, UnverifiedToken, UserSecrets};
use quash_storage::ports::LogIdentity;

use crate::enforcement::Enforcement;

/// Judges an authority's tokens by its keys and by the entries that it was handed, and by nothing else.
pub struct InMemoryVerifier {
    state: RevocationState,
    keys: ArcSwap<KeySet>,
    profile: TokenProfile,
    rules: TimeRules,
    /// Whether only tokens of registered sessions pass.
    allowlist: bool,
    user_secrets: UserSecrets,
}

impl InMemoryVerifier {
    /// A verifier of the tokens that `profile` and `rules` describe, over the log `log`.
    pub fn new(log: &LogIdentity, profile: TokenProfile, rules: TimeRules) -> Self {
        Self {
            state: RevocationState::new(log.key, log.origin),
            keys: ArcSwap::from_pointee(KeySet::default()),
            profile,
            rules,
            allowlist: false,
            user_secrets: UserSecrets::default(),
        }
    }

    /// Lets pass only tokens of registered sessions, where `allowlist` (S12).
    #[must_use]
    pub fn with_allowlist(self, allowlist: bool) -> Self {
        Self { allowlist, ..self }
    }

    /// Takes tokens that are signed with keys of their subjects, derived from these secrets (S20).
    #[must_use]
    pub fn with_user_secrets(self, user_secrets: UserSecrets) -> Self {
        Self { user_secrets, ..self }
    }

    /// The claims of `token`, if its signature is good.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn verify(&self, token: &str) -> Result<VerifiedClaims, Defect> {
        let token = UnverifiedToken::parse(token, Limits::default())?;
        if self.user_secrets.is_empty() || token.user_key().is_none() {
            return token.verify(&**self.keys.load(), &self.profile);
        }
        token.verify_by_user_key(&self.user_secrets, self.state.log_key(), &self.profile)
    }

    /// Whether `token` may be used at `now`.
    pub fn judge(&self, token: &str, now: Timestamp) -> Decision {
        match self.verify(token) {
            Ok(claims) => self.judge_claims(&claims, now),
            Err(defect) => Decision::Reject(Rejection::Invalid(defect)),
        }
    }

    /// Whether a token that verified may be used at `now`.
    pub fn judge_claims(&self, token: &VerifiedClaims, now: Timestamp) -> Decision {
        // INVARIANT: the state is said to be fresh, so that only a token of later than it is left open.
        self.decide(token, now).unwrap_or(Decision::Reject(Rejection::NotRegistered))
    }

    /// The same; a token that is newer than what is known here of the sessions that may pass is left open.
    ///
    /// # Errors
    /// [`Undecided::Ahead`].
    pub fn decide(&self, token: &VerifiedClaims, now: Timestamp) -> Result<Decision, Undecided> {
        let names = self.names_of(token);
        let rules = &self.rules;
        let question = Question { token, names: &names, rules, now, passed_at: Position::ZERO };
        decide(&question, &self.state, &Freshness::Fresh).map(|judgement| judgement.decision)
    }

    fn names_of(&self, token: &VerifiedClaims) -> TokenNames {
        let scope = self.state.scope_of(token.verified_issuer());
        let listed = self.allowlist;
        let names = if listed { TokenNames::listed(scope, token) } else { TokenNames::new(scope, token) };
        names.signed_with(token.generation())
    }

    /// How many entries are held.
    pub fn live_entries(&self) -> usize {
        self.state.live_entries()
    }
}

impl Enforcement for InMemoryVerifier {
    fn watermark(&self) -> Position {
        self.state.watermark()
    }

    fn apply(&self, entries: &[Entry]) {
        for entry in entries {
            // What is not beyond the watermark is enforced already.
            let _ = self.state.apply(&entry.record(self.state.log_key()));
        }
    }

    fn apply_records(&self, records: &[Record]) {
        for record in records {
            let _ = self.state.apply(record);
        }
    }

    fn advance(&self, position: Position) {
        self.state.advance(position);
    }

    fn install_own_keys(&self, keys: KeySet) {
        self.keys.store(Arc::new(keys));
    }

    fn hit(&self, token: &VerifiedClaims, rules: &TimeRules) -> Option<Hit> {
        self.state.hit(token, &self.state.names_of(token), rules)
    }

    fn is_registered(&self, session: &SessionId, subject: &Subject, now: Timestamp) -> bool {
        let issuer = self.profile.issuer();
        self.state.is_registered(issuer, session.as_str(), subject.as_str(), now)
    }

    fn registered_sessions(&self) -> usize {
        self.state.registered_sessions()
    }

    fn purge(&self, now: Timestamp) -> usize {
        self.state.purge(now)
    }
}
