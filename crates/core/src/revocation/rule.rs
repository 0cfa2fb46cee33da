//! The rule of what hits what: one token against one entry.

use std::time::Duration;

use super::fact::Fact;
use crate::ids::KeyId;
use crate::revocation::decide::TimeRules;
use crate::revocation::entry::{Effect, Window};
use crate::revocation::record::{ExceptionKey, Record};
use crate::revocation::scope::{TokenNames, claim_values};
use crate::revocation::spread::Spread;
use crate::revocation::target::TargetKind;
use crate::time::Timestamp;
use crate::verified::VerifiedClaims;

/// A token as the rule sees it.
#[derive(Clone, Copy)]
pub(super) struct Aim<'a> {
    pub(super) token: &'a VerifiedClaims,
    pub(super) names: &'a TokenNames,
    issued: Issued,
    /// Where its session was registered: a token of it may say any position later, and its signature proves none.
    registered: Option<u64>,
}

/// When the token was issued, in the terms that its cutoffs are compared in.
#[derive(Clone, Copy)]
enum Issued {
    /// An own token: hit by every cutoff beyond this position.
    At(u64),
    /// A foreign token: hit by every cutoff recorded in this second or later.
    AtOrBeforeSecond(u64),
    /// A foreign token without `iat`: hit by every cutoff (attacks.md row 18).
    Ever,
}

impl Issued {
    fn of(token: &VerifiedClaims, rules: &TimeRules) -> Self {
        match (token.position(), token.issued_at()) {
            (Some(position), _) => Self::At(position.number()),
            // floor(iat) <= cutoff second + skew, rearranged. Leeway has no part in it.
            (None, Some(iat)) => Self::AtOrBeforeSecond(iat.saturating_sub(whole_seconds(rules.future_skew))),
            (None, None) => Self::Ever,
        }
    }
}

/// A skew in whole seconds, rounded up: never in the token's favour.
fn whole_seconds(skew: Duration) -> u64 {
    skew.as_secs() + u64::from(skew.subsec_nanos() > 0)
}

/// What narrows an entry.
#[derive(Clone, Copy, Default)]
pub(super) struct Narrowing {
    pub(super) spread: Option<Spread>,
    pub(super) window: Option<Window>,
    pub(super) exception: Option<ExceptionKey>,
}

impl<'a> Aim<'a> {
    pub(super) fn new(token: &'a VerifiedClaims, names: &'a TokenNames, rules: &TimeRules) -> Self {
        Self { token, names, issued: Issued::of(token, rules), registered: None }
    }

    /// The same token, whose session was registered at this position.
    pub(super) fn of_session_at(self, registered: Option<u64>) -> Self {
        Self { registered, ..self }
    }

    /// Whether a cutoff at or below `mark` can hit the token. A token issued beyond the watermark is not an
    /// exception: it is hit by no cutoff that is known here, and its pass covers the watermark only.
    pub(super) fn may_be_hit_up_to(&self, mark: u64) -> bool {
        match self.issued {
            Issued::At(position) => mark > self.registered.map_or(position, |at| at.min(position)),
            Issued::AtOrBeforeSecond(_) | Issued::Ever => mark > 0,
        }
    }

    /// From when on an entry that hits the token does, if it does not from its start.
    pub(super) fn due(&self, fact: Fact, narrowed: Narrowing) -> Option<Timestamp> {
        narrowed.spread.map(|spread| spread.due(fact.recorded_second(), self.names))
    }

    /// Whether an entry of `kind` about something that the token names hits it, narrowed as its details say, now or when
    /// it is due.
    pub(super) fn is_hit_by(&self, fact: Fact, kind: TargetKind, narrowed: Narrowing) -> bool {
        let spared = narrowed.exception.is_some_and(|exception| self.is_spared(exception));
        // An identity has no time: it is hit whatever the token's position, and windows narrow cutoffs only.
        !spared
            && (kind.is_identity() || self.is_before(fact, kind, narrowed) && self.is_within(narrowed, fact))
    }

    /// Whether the token, or the sign-in that its session was registered for, was there before the entry.
    fn is_before(&self, fact: Fact, kind: TargetKind, narrowed: Narrowing) -> bool {
        self.was_issued_before(fact)
            || self.was_registered_before(fact, kind, narrowed)
            || self.was_signed_before(fact, kind)
    }

    /// S20: its key was rotated since. Whatever position it claims, whoever knew the older key may have made it.
    fn was_signed_before(&self, fact: Fact, kind: TargetKind) -> bool {
        kind.rotates() && self.names.generation.is_some_and(|held| held.number() < fact.position())
    }

    /// S12: an `end` about the subject or the whole issuer ended every session that was registered before it, so what is
    /// dated later was never issued. One about a device, a client or a claim did not: another sign-in may share the
    /// session since; nor did one with a window, which spares sign-ins.
    fn was_registered_before(&self, fact: Fact, kind: TargetKind, narrowed: Narrowing) -> bool {
        let of_sign_in = matches!(kind, TargetKind::Subject | TargetKind::Issuer) || kind.rotates();
        let unconditional = fact.effect() == Effect::End && narrowed.window.is_none();
        of_sign_in && unconditional && self.registered.is_some_and(|at| at < fact.position())
    }

    fn is_within(&self, narrowed: Narrowing, fact: Fact) -> bool {
        narrowed.window.is_none_or(|window| match fact.effect() {
            Effect::End => self.signed_in_within(window),
            Effect::Refresh => self.token.issued_at().is_none_or(|iat| window.contains(iat)),
        })
    }

    fn was_issued_before(&self, fact: Fact) -> bool {
        match self.issued {
            Issued::At(position) => position < fact.position(),
            Issued::AtOrBeforeSecond(second) => second <= fact.recorded_second(),
            Issued::Ever => true,
        }
    }

    /// A token that does not say when its user signed in did so at its issue or before it.
    fn signed_in_within(&self, window: Window) -> bool {
        match (self.token.authenticated_at(), self.token.issued_at()) {
            (Some(second), _) => window.contains(second),
            (None, Some(iat)) => iat >= window.from(),
            (None, None) => true,
        }
    }

    fn is_spared(&self, exception: ExceptionKey) -> bool {
        let names = self.names;
        match exception {
            ExceptionKey::Session(key) => names.session == Some(key),
            ExceptionKey::Token(key) => names.token == Some(key),
        }
    }

    /// Whether the token names the target of `record`.
    fn names_target_of(&self, record: &Record) -> bool {
        let (names, issuer) = (self.names, &self.names.issuer.key);
        let is = |id: Option<&str>| id.is_some_and(|id| issuer.of_id(record.kind, id) == record.key);
        match record.kind {
            TargetKind::Token | TargetKind::TokenDigest => names.token == Some(record.key),
            TargetKind::Session => names.session == Some(record.key),
            TargetKind::Subject => names.subject == Some(record.key),
            TargetKind::Device => names.device == Some(record.key),
            TargetKind::Key => is(self.token.key().map(KeyId::as_str)),
            TargetKind::Client => is(self.token.client()),
            TargetKind::Issuer | TargetKind::UserKeys => is(Some("")),
            TargetKind::Registration => false,
            TargetKind::UserKey => names.user_key() == Some(record.key),
            TargetKind::Claim => claim_values(self.token)
                .iter()
                .any(|(name, value)| issuer.of_claim(name, value) == record.key),
        }
    }
}

impl Record {
    /// Whether this entry hits `token`, whatever the token's life, now or when its spread comes to it; one that undoes
    /// another hits none. `names` are those of the record's own log.
    pub fn hits(&self, token: &VerifiedClaims, names: &TokenNames, rules: &TimeRules) -> bool {
        let aim = Aim::new(token, names, rules);
        let fact = Fact::new(self.position, self.effect, self.recorded_at, self.retain_until);
        let narrowed = Narrowing { spread: self.spread, window: self.window, exception: self.exception };
        self.revokes()
            && self.issuer == names.issuer.key
            && aim.names_target_of(self)
            && aim.is_hit_by(fact, self.kind, narrowed)
    }
}
