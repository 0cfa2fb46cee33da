//! The look-up of one token in the maps.

use super::fact::Fact;
use super::fact_table::Reader;
use super::rule::{Aim, Narrowing};
use super::state::{Details, RevocationState};
use crate::position::Position;
use crate::revocation::decide::TimeRules;
use crate::revocation::reason::Reason;
use crate::revocation::rejection::Hit;
use crate::revocation::scope::{TokenNames, claim_values};
use crate::revocation::target::TargetKind;
use crate::revocation::target_key::TargetKey;
use crate::time::Timestamp;
use crate::verified::VerifiedClaims;

/// What the maps say about a token.
pub(super) struct Found {
    /// The entry that it is refused for: an `end` before a `refresh`, the latest among equals.
    pub(super) hit: Option<Hit>,
    /// Whether an entry will hit it that does not yet: its spread has not come to the token.
    pub(super) is_awaited: bool,
}

/// Looks a token up in all maps as of `now`.
pub(super) fn look_up(aim: Aim<'_>, state: &RevocationState, now: Timestamp) -> Found {
    let single = state.single.read();
    let mut search = Search { aim, state, single, now, strongest: None, is_awaited: false };
    search.named();
    search.wide();
    Found { hit: search.strongest.map(|held| search.hit(held)), is_awaited: search.is_awaited }
}

/// The generation of the key that the subject's tokens are signed with: the position of the latest entry that rotated
/// it, or all; zero for one that never was (S20).
pub(super) fn generation_in_force(names: &TokenNames, state: &RevocationState) -> u64 {
    if names.issuer.user_keys.position() == 0 {
        return 0;
    }
    let single = state.single.read();
    let own = names.user_key().map_or(0, |key| latest(key, &single, state));
    own.max(latest(names.issuer.key.of_id(TargetKind::UserKeys, ""), &single, state))
}

/// The latest entry about `key`; zero when there is none.
fn latest(key: TargetKey, single: &Reader, state: &RevocationState) -> u64 {
    let Some(fact) = single.find(key) else { return 0 };
    let many = state.many.pin();
    let more = many.get(&key).filter(|_| fact.has_more());
    more.map_or(fact.position(), |facts| facts.iter().map(|fact| fact.position()).max().unwrap_or_default())
}

/// A fact, and whom it is about.
#[derive(Clone, Copy)]
struct Held {
    fact: Fact,
    kind: TargetKind,
    key: TargetKey,
}

struct Search<'a> {
    aim: Aim<'a>,
    state: &'a RevocationState,
    single: Reader,
    now: Timestamp,
    strongest: Option<Held>,
    is_awaited: bool,
}

impl Search<'_> {
    /// What the token names by itself. Identities are always looked up: they hit whatever the token's position.
    /// Cutoffs are looked up unless their mark shows that none was recorded after it.
    fn named(&mut self) {
        let names = self.aim.names;
        let token_kind =
            if self.aim.token.token().is_some() { TargetKind::Token } else { TargetKind::TokenDigest };
        let signed = names.generation.is_some();
        let changed = |key: &TargetKey| self.aim.may_be_hit_up_to(self.state.mark_of(*key));
        let rotated = self.user_keys_rotated().then(|| names.user_key()).flatten();
        let keys = [
            (names.token, token_kind),
            (names.session, TargetKind::Session),
            (names.subject.filter(changed), TargetKind::Subject),
            (names.device.filter(changed), TargetKind::Device),
            (rotated.filter(|key| signed || changed(key)), TargetKind::UserKey),
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
        let issuer = &self.aim.names.issuer;
        if issuer.keys.position() > 0 {
            let key = self.aim.token.key().map(|key| issuer.key.of_id(TargetKind::Key, key.as_str()));
            self.look_up(key, TargetKind::Key);
        }
        if self.aim.may_be_hit_up_to(issuer.clients.position()) {
            let key = self.aim.token.client().map(|client| issuer.key.of_id(TargetKind::Client, client));
            self.look_up(key, TargetKind::Client);
        }
        if self.aim.may_be_hit_up_to(issuer.claims.position()) {
            for (name, value) in claim_values(self.aim.token) {
                self.look_up(Some(issuer.key.of_claim(&name, &value)), TargetKind::Claim);
            }
        }
        if self.aim.may_be_hit_up_to(issuer.whole.position()) {
            self.look_up(Some(issuer.key.of_id(TargetKind::Issuer, "")), TargetKind::Issuer);
        }
        if self.user_keys_rotated() {
            self.look_up(Some(issuer.key.of_id(TargetKind::UserKeys, "")), TargetKind::UserKeys);
        }
    }

    /// Whether the key of any subject of the issuer was ever rotated. Where none was, nobody looks for it.
    fn user_keys_rotated(&self) -> bool {
        self.aim.names.issuer.user_keys.position() > 0
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
        if self.strongest.is_some_and(|strongest| rank(held) <= rank(strongest)) {
            return;
        }
        let Some(narrowed) = self.narrowing(held) else { return };
        if !self.aim.is_hit_by(held.fact, held.kind, narrowed) {
            return;
        }
        if self.aim.due(held.fact, narrowed).is_some_and(|due| self.now < due) {
            self.is_awaited = true;
        } else {
            self.strongest = Some(held);
        }
    }

    /// Spread, window and exception. An entry whose details are gone is over: no living token can be hit by it.
    fn narrowing(&self, Held { fact, key, .. }: Held) -> Option<Narrowing> {
        if !fact.is_detailed() {
            return Some(Narrowing::default());
        }
        let details = self.state.details.pin();
        let details = details.get(&(fact.position(), key))?;
        let Details { spread, window, exception, .. } = *details;
        Some(Narrowing { spread, window, exception })
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

impl RevocationState {
    /// The entry that `token` is refused for, whatever its life: an `end` before a `refresh`, the latest among
    /// equals. No instant is given, so a spread counts as over. `names` are those of this state. One look-up per name.
    pub fn hit(&self, token: &VerifiedClaims, names: &TokenNames, rules: &TimeRules) -> Option<Hit> {
        let registered = self.registered(names.listing, Timestamp::EPOCH).position();
        look_up(Aim::new(token, names, rules).of_session_at(registered), self, Timestamp::FOREVER).hit
    }
}
