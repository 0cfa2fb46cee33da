//! The look-up of one token in the maps, and the rule of what hits it.

use std::time::Duration;

use super::fact::Fact;
use super::fact_table::Reader;
use super::state::RevocationState;
use crate::position::Position;
use crate::revocation::decide::Question;
use crate::revocation::entry::{Effect, Window};
use crate::revocation::reason::Reason;
use crate::revocation::record::ExceptionKey;
use crate::revocation::rejection::Hit;
use crate::revocation::scope::claim_values;
use crate::revocation::target::TargetKind;
use crate::revocation::target_key::TargetKey;

/// The entry that a token is refused for: an `end` before a `refresh`, the latest among equals. `None` when
/// nothing hits it.
pub(super) fn strongest_hit(question: &Question<'_>, state: &RevocationState) -> Option<Hit> {
    let issued = issued(question);
    let mut search = Search { question, state, single: state.single.read(), strongest: None, issued };
    search.named();
    search.wide();
    search.strongest.map(|held| search.hit(held))
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

fn issued(question: &Question<'_>) -> Issued {
    match (question.token.position(), question.token.issued_at()) {
        (Some(position), _) => Issued::At(position.number()),
        // floor(iat) <= cutoff second + skew, rearranged. Leeway has no part in it.
        (None, Some(iat)) => {
            Issued::AtOrBeforeSecond(iat.saturating_sub(whole_seconds(question.rules.future_skew)))
        }
        (None, None) => Issued::Ever,
    }
}

/// A skew in whole seconds, rounded up: never in the token's favour.
fn whole_seconds(skew: Duration) -> u64 {
    skew.as_secs() + u64::from(skew.subsec_nanos() > 0)
}

/// A fact, and whom it is about.
#[derive(Clone, Copy)]
struct Held {
    fact: Fact,
    kind: TargetKind,
    key: TargetKey,
}

struct Search<'a> {
    question: &'a Question<'a>,
    state: &'a RevocationState,
    single: Reader,
    issued: Issued,
    strongest: Option<Held>,
}

impl Search<'_> {
    /// What the token names by itself. Identities are always looked up: they hit whatever the token's position.
    /// Cutoffs are looked up unless their mark shows that none was recorded after it.
    fn named(&mut self) {
        let names = self.question.names;
        let token_kind =
            if self.question.token.token().is_some() { TargetKind::Token } else { TargetKind::TokenDigest };
        let changed = |key: &TargetKey| self.may_hit(self.state.mark_of(*key));
        let keys = [
            (names.token, token_kind),
            (names.session, TargetKind::Session),
            (names.subject.filter(changed), TargetKind::Subject),
            (names.device.filter(changed), TargetKind::Device),
        ];
        // All four reads are under way before the first is waited for.
        let held = keys.map(|(key, _)| key.is_some_and(|key| self.single.may_hold(key)));
        for ((key, kind), held) in keys.into_iter().zip(held) {
            if held {
                self.look_up(key, kind);
            }
        }
    }

    /// What many tokens have in common: few entries are about such targets, so their marks are asked first.
    fn wide(&mut self) {
        let issuer = &self.question.names.issuer;
        if issuer.keys.position() > 0 {
            let key = self.question.token.key().map(|key| issuer.key.of_id(TargetKind::Key, key.as_str()));
            self.look_up(key, TargetKind::Key);
        }
        if self.may_hit(issuer.clients.position()) {
            let key = self.question.token.client().map(|client| issuer.key.of_id(TargetKind::Client, client));
            self.look_up(key, TargetKind::Client);
        }
        if self.may_hit(issuer.claims.position()) {
            for (name, value) in claim_values(self.question.token) {
                self.look_up(Some(issuer.key.of_claim(&name, &value)), TargetKind::Claim);
            }
        }
        if self.may_hit(issuer.whole.position()) {
            self.look_up(Some(issuer.key.of_id(TargetKind::Issuer, "")), TargetKind::Issuer);
        }
    }

    /// Whether a cutoff at or below `mark` can hit the token. A token issued beyond the watermark is not an
    /// exception: it is hit by no cutoff that is known here, and its pass covers the watermark only.
    fn may_hit(&self, mark: u64) -> bool {
        match self.issued {
            Issued::At(position) => mark > position,
            Issued::AtOrBeforeSecond(_) | Issued::Ever => mark > 0,
        }
    }

    fn look_up(&mut self, key: Option<TargetKey>, kind: TargetKind) {
        let Some(key) = key else { return };
        let Some(fact) = self.single.find(key) else { return };
        if !fact.has_more() {
            self.weigh(Held { fact, kind, key });
            return;
        }
        if let Some(facts) = self.state.many.pin().get(&key) {
            facts.iter().for_each(|fact| self.weigh(Held { fact: *fact, kind, key }));
        }
    }

    /// Keeps `held` if it hits the token and is stronger than what was found so far.
    fn weigh(&mut self, held: Held) {
        let rank = |held: Held| (held.fact.effect(), held.fact.position());
        if self.strongest.is_none_or(|strongest| rank(held) > rank(strongest)) && self.hits(held) {
            self.strongest = Some(held);
        }
    }

    fn hits(&self, held: Held) -> bool {
        (held.kind.is_identity() || self.was_issued_before(held.fact)) && self.is_within_details(held)
    }

    fn was_issued_before(&self, fact: Fact) -> bool {
        match self.issued {
            Issued::At(position) => position < fact.position(),
            Issued::AtOrBeforeSecond(second) => second <= fact.recorded_second(),
            Issued::Ever => true,
        }
    }

    /// Window and exception. An entry whose details are gone is over: no living token can be hit by it.
    fn is_within_details(&self, Held { fact, kind, key }: Held) -> bool {
        if !fact.is_detailed() {
            return true;
        }
        let details = self.state.details.pin();
        let Some(details) = details.get(&(fact.position(), key)) else { return false };
        let spared = details.exception.is_some_and(|exception| self.is_spared(exception));
        // An identity has no time: windows narrow cutoffs only.
        let in_window = kind.is_identity()
            || details.window.is_none_or(|window| match fact.effect() {
                Effect::End => self.signed_in_within(window),
                Effect::Refresh => self.question.token.issued_at().is_none_or(|iat| window.contains(iat)),
            });
        !spared && in_window
    }

    /// A token that does not say when its user signed in did so at its issue or before it.
    fn signed_in_within(&self, window: Window) -> bool {
        match (self.question.token.authenticated_at(), self.question.token.issued_at()) {
            (Some(second), _) => window.contains(second),
            (None, Some(iat)) => iat >= window.from(),
            (None, None) => true,
        }
    }

    fn is_spared(&self, exception: ExceptionKey) -> bool {
        let names = self.question.names;
        match exception {
            ExceptionKey::Session(key) => names.session == Some(key),
            ExceptionKey::Token(key) => names.token == Some(key),
        }
    }

    fn hit(&self, Held { fact, kind, key }: Held) -> Hit {
        let in_table = self.state.reasons.at(fact.reason());
        let details = self.state.details.pin();
        let beyond = || details.get(&(fact.position(), key)).and_then(|details| details.reason.clone());
        let reason = in_table.or_else(beyond).unwrap_or_else(|| Reason::known(Reason::ADMIN));
        let position = Position::new(fact.position()).unwrap_or(Position::LAST);
        Hit { position, effect: fact.effect(), kind, reason }
    }
}
