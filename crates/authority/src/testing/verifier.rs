//! A verifier over the state of `quash_core`: the decision without a cache or a feed.

use std::sync::Arc;

use arc_swap::ArcSwap;
use quash_core::defect::Defect;
use quash_core::position::Position;
use quash_core::revocation::decide::{Decision, Question, TimeRules, decide};
use quash_core::revocation::entry::Entry;
use quash_core::revocation::freshness::Freshness;
use quash_core::revocation::record::Record;
use quash_core::revocation::rejection::{Hit, Rejection};
use quash_core::revocation::state::RevocationState;
use quash_core::time::Timestamp;
use quash_core::verified::VerifiedClaims;
use quash_jose::{KeySet, Limits, TokenProfile, UnverifiedToken};
use quash_storage::ports::LogIdentity;

use crate::enforcement::Enforcement;

/// Judges an authority's tokens by its keys and by the entries that it was handed, and by nothing else.
pub struct InMemoryVerifier {
    state: RevocationState,
    keys: ArcSwap<KeySet>,
    profile: TokenProfile,
    rules: TimeRules,
}

impl InMemoryVerifier {
    /// A verifier of the tokens that `profile` and `rules` describe, over the log `log`.
    pub fn new(log: &LogIdentity, profile: TokenProfile, rules: TimeRules) -> Self {
        Self {
            state: RevocationState::new(log.key, log.origin),
            keys: ArcSwap::from_pointee(KeySet::default()),
            profile,
            rules,
        }
    }

    /// The claims of `token`, if its signature is good.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn verify(&self, token: &str) -> Result<VerifiedClaims, Defect> {
        UnverifiedToken::parse(token, Limits::default())?.verify(&**self.keys.load(), &self.profile)
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
        let names = self.state.names_of(token);
        let rules = &self.rules;
        let question = Question { token, names: &names, rules, now, passed_at: Position::ZERO };
        match decide(&question, &self.state, &Freshness::Fresh) {
            Ok(judgement) => judgement.decision,
            // INVARIANT: only a stale state leaves a question open, and this one is said to be fresh.
            Err(_) => Decision::Reject(Rejection::Invalid(Defect::UnknownKey)),
        }
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

    fn purge(&self, now: Timestamp) -> usize {
        self.state.purge(now)
    }
}
