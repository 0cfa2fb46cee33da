//! The signing keys of subjects against the naive model: a token passes only in the generation of its subject's key that
//! is in force (S20).

use super::*;
use crate::defect::Defect;
use crate::revocation::freshness::Undecided;
use crate::revocation::scope::TokenNames;

/// An entry that rotates keys: it hits all that its target names, without exception.
fn rotation() -> impl Strategy<Value = NewEntry> {
    let target = prop_oneof![
        5 => small().prop_map(|id| Target::UserKey(Subject::new(text("sub", id)).unwrap())),
        1 => Just(Target::UserKeys),
    ];
    (fact(), target).prop_map(|(fact, target)| NewEntry {
        target,
        window: None,
        exception: None,
        spread: None,
        ..fact
    })
}

/// A log of which half are rotations.
fn log_with_rotations() -> impl Strategy<Value = Vec<Entry>> {
    let fact = prop_oneof![rotation(), fact()];
    prop::collection::vec((fact, 1..3_u64), 0..24).prop_map(|facts| {
        let mut position = 0;
        let place = |(fact, step)| {
            position += step;
            Entry { position: Position::new(position).unwrap(), fact }
        };
        facts.into_iter().map(place).collect()
    })
}

/// A token, and the generation that its header names.
#[derive(Clone, Debug)]
struct Signed {
    token: Token,
    generation: Option<u64>,
}

/// A token that mostly says whose it is, of a generation that mostly was made.
fn signed() -> impl Strategy<Value = Signed> {
    (token(), small(), prop_oneof![1 => Just(None), 1 => Just(Some(0)), 4 => (0..40_u64).prop_map(Some)])
        .prop_map(|(token, subject, generation)| Signed {
            token: Token { subject: Some(subject), position: token.position.or(Some(0)), ..token },
            generation,
        })
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Accept,
    /// For the entry at this position.
    Revoked(Position),
    /// Its generation was never made.
    UnknownKey,
    Ahead,
}

impl Signed {
    fn verified(&self) -> VerifiedClaims {
        let verified = self.token.verified();
        match self.generation {
            Some(generation) => verified.by_user_key(Position::new(generation).unwrap()),
            None => verified,
        }
    }

    fn rotates_its_key(&self, entry: &Entry) -> bool {
        let own = match &entry.fact.target {
            Target::UserKey(subject) => {
                self.token.subject.is_some_and(|id| text("sub", id) == subject.as_str())
            }
            target => *target == Target::UserKeys,
        };
        own && entry.fact.issuer.as_str() == text("iss", self.token.issuer)
    }

    fn verdict(&self, known: &[Entry], watermark: Position) -> Verdict {
        let older = |entry: &Entry| self.generation.is_some_and(|held| held < entry.position.number());
        let now = Timestamp::from_seconds(NOW);
        let hits = |entry: &&Entry| {
            let is_hit = self.token.is_hit_by(entry) || self.rotates_its_key(entry) && older(entry);
            is_hit && self.token.is_reached_by(entry, now)
        };
        if let Some(entry) = known.iter().filter(hits).max_by_key(|entry| (entry.fact.effect, entry.position))
        {
            return Verdict::Revoked(entry.position);
        }
        let in_force =
            known.iter().filter(|entry| self.rotates_its_key(entry)).map(|entry| entry.position).max();
        match self.generation {
            Some(held) if held > in_force.map_or(0, Position::number) => {
                if held > watermark.number() {
                    Verdict::Ahead
                } else {
                    Verdict::UnknownKey
                }
            }
            _ => Verdict::Accept,
        }
    }
}

/// The state's verdict, and up to where the token passed.
fn ask_signed(
    state: &RevocationState,
    token: &VerifiedClaims,
    passed_at: Position,
) -> (Verdict, Option<Position>) {
    let scope = state.scope_of(token.verified_issuer());
    let names = TokenNames::new(scope, token).signed_with(token.generation());
    let question =
        Question { token, names: &names, rules: &rules(), now: Timestamp::from_seconds(NOW), passed_at };
    match decide(&question, state, &Freshness::Fresh) {
        Ok(Judgement { decision: Decision::Accept, passed_at }) => (Verdict::Accept, passed_at),
        Ok(Judgement { decision: Decision::Reject(Rejection::Revoked(hit)), .. }) => {
            (Verdict::Revoked(hit.position), None)
        }
        Ok(Judgement { decision: Decision::Reject(Rejection::Invalid(Defect::UnknownKey)), .. }) => {
            (Verdict::UnknownKey, None)
        }
        Err(Undecided::Ahead) => (Verdict::Ahead, None),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    /// S20, I5, I7: after every entry a token passes exactly when nothing hits it and its generation is the one in force,
    /// whether it is looked up in full or takes the shortcut.
    #[test]
    fn only_the_generation_in_force_passes(
        log in log_with_rotations(), tokens in prop::collection::vec(signed(), 1..4),
    ) {
        let state = state();
        let mut passed_at = vec![Position::ZERO; tokens.len()];
        for known in 0..=log.len() {
            if let Some(entry) = known.checked_sub(1).and_then(|last| log.get(last)) {
                apply(&state, entry);
            }
            for (token, passed_at) in tokens.iter().zip(&mut passed_at) {
                let verified = token.verified();
                let expected = token.verdict(&log[..known], state.watermark());
                let (verdict, passed) = ask_signed(&state, &verified, *passed_at);
                prop_assert_eq!(&verdict, &expected);
                prop_assert_eq!(ask_signed(&state, &verified, Position::ZERO).0, expected);
                *passed_at = passed.unwrap_or(*passed_at);
            }
        }
    }

    /// S20, I5, I6: what comes late, twice or in any order comes to the same.
    #[test]
    fn rotations_that_come_in_any_order_leave_the_same_generation_in_force(
        log in log_with_rotations(),
        steps in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..60),
        token in signed(),
    ) {
        let state = state();
        let verified = token.verified();
        let mut passed_at = Position::ZERO;
        let mut known: Vec<Entry> = Vec::new();
        for (index, late) in steps {
            arrive(&state, &log, &mut known, index, late);
            let (verdict, passed) = ask_signed(&state, &verified, passed_at);
            prop_assert_eq!(verdict, token.verdict(&known, state.watermark()));
            passed_at = passed.unwrap_or(passed_at);
        }
    }

    /// S20: who knows nothing of user keys is told of the same ends.
    #[test]
    fn without_rotations_the_same_tokens_of_the_issuers_keys_are_hit(log in log_with_rotations(), token in token()) {
        let state = state();
        for entry in &log {
            state.apply(&entry.record(state.log_key()).without_rotation()).unwrap();
        }
        compare(&token, &log, &ask(&state, &token.verified(), Position::ZERO));
    }
}

fn rotation_of_alice(position: u64) -> Entry {
    let fact = NewEntry {
        recorded_at: Timestamp::from_seconds(NOW),
        issuer: Issuer::new("iss0").unwrap(),
        target: Target::UserKey(Subject::new("sub1").unwrap()),
        effect: Effect::Refresh,
        spread: None,
        window: None,
        exception: None,
        retain_until: Timestamp::FOREVER,
        enforce_until: Timestamp::FOREVER,
        undoes: None,
        reason: Reason::known(Reason::KEY_ROTATED),
        actor: "a".into(),
        cause: "c".into(),
    };
    Entry { position: Position::new(position).unwrap(), fact }
}

#[test]
fn a_generation_never_expires_and_no_position_is_a_way_around_it() {
    // S20, I6: whoever got hold of the key before writes any `pos`.
    let state = state();
    apply(&state, &rotation_of_alice(7));
    state.purge(Timestamp::FOREVER);
    let plain = Token { issuer: 0, subject: Some(1), position: Some(900), ..token_of_nobody() };
    let verdict = |generation: Option<u64>| {
        let signed = Signed { token: plain.clone(), generation };
        ask_signed(&state, &signed.verified(), Position::ZERO).0
    };
    assert_eq!(verdict(Some(0)), Verdict::Revoked(Position::new(7).unwrap()));
    assert_eq!(verdict(Some(6)), Verdict::Revoked(Position::new(7).unwrap()));
    assert_eq!(verdict(Some(7)), Verdict::Accept);
    assert_eq!(verdict(Some(8)), Verdict::Ahead, "beyond the watermark it may be on its way");
    state.advance(Position::new(8).unwrap());
    assert_eq!(verdict(Some(8)), Verdict::UnknownKey, "at the watermark it never was");
    assert_eq!(verdict(None), Verdict::Accept, "a token of the issuer's own key, issued since");
}

fn token_of_nobody() -> Token {
    Token {
        issuer: 0,
        subject: None,
        session: None,
        jti: Some(1),
        device: None,
        client: None,
        key: 0,
        roles: Vec::new(),
        position: Some(0),
        issued_at: Some(NOW),
        authenticated_at: None,
    }
}
