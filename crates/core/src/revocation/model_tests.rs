//! The decision against a naive reading of the rules: I5 (a decision is the OR of all entries), I7 (no false
//! revocation) and I10 (clock jumps leave cutoffs of own tokens alone).
//!
//! The model keeps a `Vec` of entries with plain ids and applies every sentence of the rule to each of them.
//! It knows no digest, no map, no mark and no shortcut.

mod registering;
mod spreading;
mod undoing;
mod user_keys;

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use crate::claims::{Claims, Registered, Text};
use crate::ids::{ClientId, DeviceId, Issuer, KeyId, SessionId, Subject, TokenId};
use crate::position::Position;
use crate::revocation::decide::{Decision, Judgement, Question, TimeRules, decide};
use crate::revocation::entry::{Effect, Entry, Exception, NewEntry, Window};
use crate::revocation::freshness::Freshness;
use crate::revocation::reason::Reason;
use crate::revocation::rejection::Rejection;
use crate::revocation::scope::{IssuerScope, TokenNames};
use crate::revocation::spread::Spread;
use crate::revocation::state::RevocationState;
use crate::revocation::target::Target;
use crate::revocation::target_key::LogKey;
use crate::time::Timestamp;
use crate::verified::{TokenDigest, VerifiedClaims};

/// A token in plain words. Ids are small numbers, so that tokens and entries often meet.
#[derive(Clone, Debug)]
struct Token {
    issuer: u8,
    subject: Option<u8>,
    session: Option<u8>,
    jti: Option<u8>,
    device: Option<u8>,
    client: Option<u8>,
    key: u8,
    roles: Vec<u8>,
    position: Option<u64>,
    issued_at: Option<u64>,
    authenticated_at: Option<u64>,
}

const LOG_KEY: LogKey = LogKey::from_random([3; 16]);
const NOW: u64 = 1_000;
const SKEW: u64 = 5;

fn text(kind: &str, number: u8) -> String {
    format!("{kind}{number}")
}

impl Token {
    fn verified(&self) -> VerifiedClaims {
        let claim = |kind: &str, id: Option<u8>| id.map(|id| Text::decoded(text(kind, id)));
        let roles: Vec<String> = self.roles.iter().map(|role| text("role", *role)).collect();
        let registered = Registered {
            subject: claim("sub", self.subject),
            session: claim("sid", self.session),
            token: claim("jti", self.jti),
            device: claim("dev", self.device),
            client: claim("client", self.client),
            expires_at: NOW + 100,
            issued_at: self.issued_at,
            authenticated_at: self.authenticated_at,
            position: self.position.map(|position| Position::new(position).unwrap()),
            ..Registered::default()
        };
        let claims = Claims::new(serde_json::json!({ "roles": roles }).to_string(), registered);
        let digest = self.jti.is_none().then_some(TokenDigest([9; 32]));
        #[expect(
            clippy::disallowed_methods,
            reason = "the model starts where signatures are known to be good"
        )]
        VerifiedClaims::assert_signature_was_checked(
            claims,
            Issuer::new(text("iss", self.issuer)).unwrap(),
            Some(KeyId::new(text("kid", self.key)).unwrap()),
            digest,
        )
    }

    /// The rule of the design, word by word.
    fn is_hit_by(&self, entry: &Entry) -> bool {
        let fact = &entry.fact;
        if fact.issuer.as_str() != text("iss", self.issuer) {
            return false;
        }
        let same = |kind: &str, held: Option<u8>, named: &str| held.is_some_and(|id| text(kind, id) == named);
        let (named, identity) = match &fact.target {
            Target::Token(id) => (same("jti", self.jti, id.as_str()), true),
            Target::TokenDigest(digest) => (self.jti.is_none() && digest.0 == [9; 32], true),
            Target::Session(id) => (same("sid", self.session, id.as_str()), true),
            Target::Key(id) => (text("kid", self.key) == id.as_str(), true),
            Target::Subject(id) | Target::UserKey(id) => (same("sub", self.subject, id.as_str()), false),
            Target::Device { subject, device } => (
                same("sub", self.subject, subject.as_str()) && same("dev", self.device, device.as_str()),
                false,
            ),
            Target::Client(id) => (same("client", self.client, id.as_str()), false),
            Target::Claim { name, value } => {
                (&**name == "roles" && self.roles.iter().any(|role| text("role", *role) == **value), false)
            }
            Target::Issuer | Target::UserKeys => (true, false),
            Target::Registration { .. } => (false, false),
        };
        if !named {
            return false;
        }
        let spared = match &fact.exception {
            Some(Exception::Session(id)) => same("sid", self.session, id.as_str()),
            Some(Exception::Token(id)) => same("jti", self.jti, id.as_str()),
            None => false,
        };
        if spared {
            return false;
        }
        if identity {
            return true;
        }
        let issued_before = match (self.position, self.issued_at) {
            (Some(position), _) => position < entry.position.number(),
            (None, Some(iat)) => iat <= fact.recorded_at.seconds() + SKEW,
            (None, None) => true,
        };
        let in_window = match (&fact.window, fact.effect) {
            (None, _) => true,
            (Some(window), Effect::Refresh) => {
                self.issued_at.is_none_or(|iat| window.from() <= iat && iat <= window.to())
            }
            (Some(window), Effect::End) => match (self.authenticated_at, self.issued_at) {
                (Some(second), _) => window.from() <= second && second <= window.to(),
                // Nobody signs in after the token was issued, so an earlier issue was an earlier sign-in.
                (None, Some(iat)) => iat >= window.from(),
                (None, None) => true,
            },
        };
        issued_before && in_window
    }

    /// Whether the entry's spread has come to the token at `now`.
    fn is_reached_by(&self, entry: &Entry, now: Timestamp) -> bool {
        let Some(spread) = entry.fact.spread else { return true };
        let scope = IssuerScope::new(LOG_KEY.issuer_key(&entry.fact.issuer));
        let names = TokenNames::new(Arc::new(scope), &self.verified());
        spread.due(entry.fact.recorded_at.seconds(), &names) <= now
    }

    /// Which entry a refusal is put down to: an `end` before a `refresh`, then the latest.
    fn refused_for<'a>(&self, entries: &'a [Entry]) -> Option<&'a Entry> {
        self.refused_at(Timestamp::from_seconds(NOW), entries)
    }

    fn refused_at<'a>(&self, now: Timestamp, entries: &'a [Entry]) -> Option<&'a Entry> {
        let hits = entries.iter().filter(|entry| self.is_hit_by(entry) && self.is_reached_by(entry, now));
        hits.max_by_key(|entry| (entry.fact.effect, entry.position))
    }
}

fn small() -> impl Strategy<Value = u8> {
    0..4_u8
}

fn maybe() -> impl Strategy<Value = Option<u8>> {
    prop_oneof![1 => Just(None), 4 => small().prop_map(Some)]
}

/// A second around the time of the entries, or none.
fn second() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![1 => Just(None), 5 => (NOW - 60..=NOW + SKEW).prop_map(Some)]
}

fn token() -> impl Strategy<Value = Token> {
    let ids = (0..2_u8, maybe(), maybe(), maybe(), maybe(), maybe(), small());
    let position = prop_oneof![1 => Just(None), 2 => (0..40_u64).prop_map(Some)];
    (ids, prop::collection::vec(small(), 0..3), position, second(), second()).prop_map(
        |(
            (issuer, subject, session, jti, device, client, key),
            roles,
            position,
            issued_at,
            authenticated_at,
        )| {
            Token {
                issuer,
                subject,
                session,
                jti,
                device,
                client,
                key,
                roles,
                position,
                issued_at,
                authenticated_at,
            }
        },
    )
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        small().prop_map(|id| Target::Token(TokenId::new(text("jti", id)).unwrap())),
        Just(Target::TokenDigest(TokenDigest([9; 32]))),
        small().prop_map(|id| Target::Session(SessionId::new(text("sid", id)).unwrap())),
        small().prop_map(|id| Target::Key(KeyId::new(text("kid", id)).unwrap())),
        small().prop_map(|id| Target::Subject(Subject::new(text("sub", id)).unwrap())),
        (small(), small()).prop_map(|(subject, device)| Target::Device {
            subject: Subject::new(text("sub", subject)).unwrap(),
            device: DeviceId::new(text("dev", device)).unwrap(),
        }),
        small().prop_map(|id| Target::Client(ClientId::new(text("client", id)).unwrap())),
        small().prop_map(|id| Target::Claim { name: "roles".into(), value: text("role", id).into() }),
        Just(Target::Issuer),
    ]
}

fn exception() -> impl Strategy<Value = Option<Exception>> {
    prop_oneof![
        3 => Just(None),
        1 => small().prop_map(|id| Some(Exception::Session(SessionId::new(text("sid", id)).unwrap()))),
        1 => small().prop_map(|id| Some(Exception::Token(TokenId::new(text("jti", id)).unwrap()))),
    ]
}

fn fact() -> impl Strategy<Value = NewEntry> {
    let window = prop_oneof![2 => Just(None), 1 => (0..60_u64, 0..60_u64).prop_map(Some)];
    let spread = prop::option::weighted(0.3, (1..120_u64).prop_map(|of| Spread::from_seconds(of).unwrap()));
    let times = (NOW * 1000 - 50_000..=NOW * 1000, window, spread);
    (0..2_u8, target(), any::<bool>(), times, exception(), 0..300_u16).prop_map(
        |(issuer, target, refresh, (recorded_at, window, spread), exception, reason)| {
            let recorded_at = Timestamp::from_milliseconds(recorded_at);
            let window = window.map(|(before, length)| {
                let from = recorded_at.seconds().saturating_sub(before);
                Window::from_stored(from, (from + length).min(recorded_at.seconds()))
            });
            NewEntry {
                recorded_at,
                issuer: Issuer::new(text("iss", issuer)).unwrap(),
                target,
                effect: if refresh { Effect::Refresh } else { Effect::End },
                spread: spread.filter(|_| refresh),
                window,
                exception,
                retain_until: Timestamp::FOREVER,
                enforce_until: Timestamp::FOREVER,
                undoes: None,
                // More than the state's table of reasons holds.
                reason: Reason::new(format!("reason_{reason}")).unwrap(),
                actor: "model".into(),
                cause: "model".into(),
            }
        },
    )
}

/// Entries at rising positions, with gaps, as a filtered feed would bring them.
fn log() -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec((fact(), 1..3_u64), 0..24).prop_map(|facts| {
        let mut position = 0;
        let place = |(fact, step)| {
            position += step;
            Entry { position: Position::new(position).unwrap(), fact }
        };
        facts.into_iter().map(place).collect()
    })
}

fn rules() -> TimeRules {
    TimeRules {
        leeway: Duration::ZERO,
        future_skew: Duration::from_secs(SKEW),
        longest_life: Duration::from_secs(600),
    }
}

fn state() -> RevocationState {
    RevocationState::new(LOG_KEY, Position::ZERO)
}

fn ask(state: &RevocationState, token: &VerifiedClaims, passed_at: Position) -> Judgement {
    let names = state.names_of(token);
    let question =
        Question { token, names: &names, rules: &rules(), now: Timestamp::from_seconds(NOW), passed_at };
    decide(&question, state, &Freshness::Fresh).expect("a fresh state decides")
}

fn apply(state: &RevocationState, entry: &Entry) {
    state.apply(&entry.record(state.log_key())).expect("positions rise");
}

fn learn(known: &mut Vec<Entry>, entry: &Entry) {
    if !known.contains(entry) {
        known.push(entry.clone());
    }
}

/// The next entry of `log` arrives as the tail of a feed brings it; or, when it is `late` or nothing is next, any entry does.
fn arrive(
    state: &RevocationState,
    log: &[Entry],
    known: &mut Vec<Entry>,
    any: prop::sample::Index,
    late: bool,
) {
    match log.iter().find(|entry| entry.position > state.watermark()) {
        Some(entry) if !late => {
            apply(state, entry);
            learn(known, entry);
        }
        _ if log.is_empty() => {}
        _ => {
            let entry = any.get(log);
            state.absorb(&[entry.record(state.log_key())]);
            learn(known, entry);
        }
    }
}

/// What the model and the state must agree on: refused or not, and for which entry.
fn compare(token: &Token, entries: &[Entry], judgement: &Judgement) {
    match (token.refused_for(entries), &judgement.decision) {
        (None, Decision::Accept) => {}
        (Some(entry), Decision::Reject(Rejection::Revoked(hit))) => {
            assert_eq!(hit.position, entry.position);
            assert_eq!(hit.effect, entry.fact.effect);
            assert_eq!(hit.reason, entry.fact.reason);
        }
        (model, decision) => panic!("the model says {model:?}, the state {decision:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    /// I5, I7: a token is refused exactly when some entry hits it, whatever the order of looking.
    #[test]
    fn a_first_check_agrees_with_the_model(entries in log(), tokens in prop::collection::vec(token(), 1..6)) {
        let state = state();
        for entry in &entries {
            apply(&state, entry);
        }
        for token in &tokens {
            compare(token, &entries, &ask(&state, &token.verified(), Position::ZERO));
        }
    }

    /// I11: whoever watches a token is told about exactly the entries that the rule lets hit it.
    #[test]
    fn one_record_agrees_with_the_model_about_one_token(entries in log(), token in token()) {
        let state = state();
        let verified = token.verified();
        let names = state.names_of(&verified);
        for entry in &entries {
            let record = entry.record(state.log_key());
            prop_assert_eq!(record.hits(&verified, &names, &rules()), token.is_hit_by(entry), "{:?}", entry);
            apply(&state, entry);
        }
        // Asked without an instant, every spread is over.
        let hit = state.hit(&verified, &names, &rules());
        let refused_for = token.refused_at(Timestamp::FOREVER, &entries);
        prop_assert_eq!(hit.map(|hit| hit.position), refused_for.map(|entry| entry.position));
    }

    /// I5, I7, S17: the shortcut of a token that passed before changes no answer, whenever it is asked again.
    #[test]
    fn a_repeated_check_agrees_with_the_model_after_every_entry(entries in log(), token in token()) {
        let state = state();
        let verified = token.verified();
        let mut passed_at = Position::ZERO;
        for known in 0..=entries.len() {
            if let Some(entry) = known.checked_sub(1).and_then(|last| entries.get(last)) {
                apply(&state, entry);
            }
            let judgement = ask(&state, &verified, passed_at);
            compare(&token, &entries[..known], &judgement);
            passed_at = judgement.passed_at.unwrap_or(passed_at);
        }
    }

    /// I1, I5, I7: records that come late, twice or in any order are enforced from the moment that they came, against
    /// tokens that passed before as well; nothing goes, and the watermark never moves by it.
    #[test]
    fn absorbed_records_are_enforced_whenever_they_come(
        entries in log(), steps in prop::collection::vec((any::<prop::sample::Index>(), 0..5_u8), 1..60),
        tokens in prop::collection::vec(token(), 1..4),
    ) {
        let state = state();
        let verified: Vec<_> = tokens.iter().map(Token::verified).collect();
        let mut passed_at = vec![Position::ZERO; tokens.len()];
        let mut known: Vec<Entry> = Vec::new();
        for (index, kind) in steps {
            let watermark = state.watermark();
            let next = entries.iter().find(|entry| entry.position > watermark);
            match (kind, next) {
                // In order, as the tail of a feed brings them.
                (0, Some(entry)) => {
                    apply(&state, entry);
                    learn(&mut known, entry);
                }
                // The watermark passes over records that come late, as after a log was restored.
                (1, Some(entry)) => state.advance(index.get(&entries).position.max(entry.position)),
                // Two at once, in no order, from anywhere.
                (2..=3, _) if !entries.is_empty() => {
                    let late = [index.get(&entries), &entries[(index.index(entries.len()) * 7 + 3) % entries.len()]];
                    state.absorb(&late.map(|entry| entry.record(state.log_key())));
                    for entry in late {
                        learn(&mut known, entry);
                    }
                    prop_assert_eq!(state.watermark(), watermark, "the watermark is the follower's to raise");
                }
                _ => {}
            }
            prop_assert!(state.watermark() >= watermark);
            prop_assert_eq!(state.live_entries(), known.len());
            for ((token, verified), passed_at) in tokens.iter().zip(&verified).zip(&mut passed_at) {
                let judgement = ask(&state, verified, *passed_at);
                compare(token, &known, &judgement);
                *passed_at = judgement.passed_at.unwrap_or(*passed_at);
            }
        }
    }

    /// I6: a purge forgets what is over and nothing else.
    #[test]
    fn a_purge_removes_exactly_the_entries_that_are_over(
        entries in log(), lives in prop::collection::vec(0..20_u64, 24), token in token(),
    ) {
        let state = state();
        let mut kept = Vec::new();
        for (mut entry, life) in entries.into_iter().zip(lives) {
            let retain_until = Timestamp::from_seconds(NOW - 10 + life);
            entry.fact.retain_until = retain_until;
            apply(&state, &entry);
            if retain_until > Timestamp::from_seconds(NOW) {
                kept.push(entry);
            }
        }
        state.purge(Timestamp::from_seconds(NOW));
        prop_assert_eq!(state.live_entries(), kept.len());
        compare(&token, &kept, &ask(&state, &token.verified(), Position::ZERO));
    }
}

#[test]
fn a_record_at_or_below_the_watermark_is_refused_and_changes_nothing() {
    // Feed order: positions only rise.
    let state = state();
    let entry = |position| Entry {
        position: Position::new(position).unwrap(),
        fact: NewEntry {
            recorded_at: Timestamp::from_seconds(NOW),
            issuer: Issuer::new("iss0").unwrap(),
            target: Target::Issuer,
            effect: Effect::End,
            spread: None,
            window: None,
            exception: None,
            retain_until: Timestamp::FOREVER,
            enforce_until: Timestamp::FOREVER,
            undoes: None,
            reason: Reason::known(Reason::ADMIN),
            actor: "a".into(),
            cause: "c".into(),
        },
    };
    apply(&state, &entry(7));
    assert!(state.apply(&entry(7).record(state.log_key())).is_err());
    assert!(state.apply(&entry(6).record(state.log_key())).is_err());
    assert_eq!((state.watermark().number(), state.live_entries()), (7, 1));
}
