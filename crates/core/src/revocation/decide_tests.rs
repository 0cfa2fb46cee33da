//! The boundaries of the decision that are not about which entry hits: life and freshness.

use std::time::Duration;

use crate::claims::{Claims, Registered};
use crate::ids::Issuer;
use crate::position::Position;
use crate::revocation::decide::{Decision, Question, TimeRules, decide};
use crate::revocation::entry::{Effect, Entry, NewEntry};
use crate::revocation::freshness::{Freshness, StalePolicy, Undecided};
use crate::revocation::reason::Reason;
use crate::revocation::rejection::Rejection;
use crate::revocation::state::RevocationState;
use crate::revocation::target::Target;
use crate::revocation::target_key::LogKey;
use crate::time::Timestamp;
use crate::verified::VerifiedClaims;

const RULES: TimeRules = TimeRules {
    leeway: Duration::from_secs(2),
    future_skew: Duration::from_secs(5),
    longest_life: Duration::from_secs(600),
};

fn token(registered: Registered) -> VerifiedClaims {
    let issuer = Issuer::new("https://issuer.example").unwrap();
    #[expect(clippy::disallowed_methods, reason = "these tests start where signatures are known to be good")]
    VerifiedClaims::assert_signature_was_checked(Claims::new("{}", registered), issuer, None, None)
}

fn state() -> RevocationState {
    RevocationState::new(LogKey::from_random([1; 16]), Position::ZERO)
}

fn ask(
    registered: Registered,
    now_ms: u64,
    freshness: Freshness,
    state: &RevocationState,
) -> Result<Decision, Undecided> {
    let token = token(registered);
    let names = state.names_of(&token);
    let now = Timestamp::from_milliseconds(now_ms);
    let question =
        Question { token: &token, names: &names, rules: &RULES, now, freshness, passed_at: Position::ZERO };
    decide(&question, state).map(|judgement| judgement.decision)
}

fn at(registered: Registered, now_ms: u64) -> Decision {
    ask(registered, now_ms, Freshness::Fresh, &state()).unwrap()
}

fn living(expires_at: u64) -> Registered {
    Registered { expires_at, issued_at: Some(expires_at - 600), ..Registered::default() }
}

#[test]
fn a_token_is_refused_at_the_very_instant_of_exp_plus_leeway() {
    // S01, RFC 7519 section 4.1.4: "on or after".
    assert_eq!(at(living(1_000), 1_001_999), Decision::Accept);
    let expired = Decision::Reject(Rejection::Expired { at: Timestamp::from_seconds(1_000) });
    assert_eq!(at(living(1_000), 1_002_000), expired);
}

#[test]
fn a_token_is_accepted_from_the_very_instant_of_nbf_minus_leeway() {
    // RFC 7519 section 4.1.5
    let token = || Registered { not_before: Some(900), ..living(1_000) };
    assert_eq!(at(token(), 898_000), Decision::Accept);
    let early = Decision::Reject(Rejection::NotYetValid { from: Timestamp::from_seconds(900) });
    assert_eq!(at(token(), 897_999), early);
}

#[test]
fn a_token_issued_further_ahead_than_the_skew_is_refused_outright() {
    // attack row 17: it would escape every cutoff.
    assert_eq!(at(living(1_600), 995_000), Decision::Accept);
    assert_eq!(at(living(1_600), 994_999), Decision::Reject(Rejection::IssuedInFuture));
}

#[test]
fn a_token_that_would_outlive_the_memory_of_its_revocation_is_refused() {
    // S10: entries are forgotten after the longest life.
    let long = Registered { issued_at: Some(399), ..living(1_000) };
    assert_eq!(at(long, 900_000), Decision::Reject(Rejection::LifeTooLong));
    let undated = |expires_at| Registered { expires_at, ..Registered::default() };
    assert_eq!(at(undated(1_605), 1_000_000), Decision::Accept);
    assert_eq!(at(undated(1_606), 1_000_000), Decision::Reject(Rejection::LifeTooLong));
}

#[test]
fn staleness_turns_accepts_into_the_policy_s_answer_and_leaves_refusals_alone() {
    // design section 3, I2
    let age = Duration::from_secs(11);
    let stale = |policy| Freshness::Stale { age, policy };
    let accept = || living(1_000);
    let quiet = state();
    assert_eq!(ask(accept(), 900_000, stale(StalePolicy::Deny), &quiet), Err(Undecided::Stale { age }));
    assert_eq!(ask(accept(), 900_000, stale(StalePolicy::Ask), &quiet), Err(Undecided::Ask { age }));
    assert_eq!(ask(accept(), 900_000, stale(StalePolicy::Allow), &quiet), Ok(Decision::Accept));
    assert_eq!(ask(accept(), 900_000, Freshness::Incomplete, &quiet), Err(Undecided::Incomplete));

    let ended = state();
    ended.apply(&everything_ended().record(ended.log_key())).unwrap();
    for freshness in
        [stale(StalePolicy::Deny), stale(StalePolicy::Ask), stale(StalePolicy::Allow), Freshness::Incomplete]
    {
        let answer = ask(accept(), 900_000, freshness, &ended);
        assert!(matches!(answer, Ok(Decision::Reject(Rejection::Revoked(_)))), "{freshness:?}: {answer:?}");
    }
}

fn everything_ended() -> Entry {
    Entry {
        position: Position::new(1).unwrap(),
        fact: NewEntry {
            recorded_at: Timestamp::from_seconds(800),
            issuer: Issuer::new("https://issuer.example").unwrap(),
            target: Target::Issuer,
            effect: Effect::End,
            window: None,
            exception: None,
            retain_until: Timestamp::FOREVER,
            enforce_until: Timestamp::FOREVER,
            reason: Reason::known(Reason::ADMIN),
            actor: "test".into(),
            cause: "test".into(),
        },
    }
}

#[test]
fn leeway_is_never_applied_to_a_cutoff_of_a_foreign_token() {
    // attack row 19: iat <= cutoff second is revoked; within the skew too; leeway plays no part.
    let state = state();
    state.apply(&everything_ended().record(state.log_key())).unwrap();
    let issued = |iat: u64| Registered { issued_at: Some(iat), expires_at: 1_000, ..Registered::default() };
    let revoked = |decision: Decision| matches!(decision, Decision::Reject(Rejection::Revoked(_)));
    let ask = |iat| ask(issued(iat), 900_000, Freshness::Fresh, &state).unwrap();
    assert!(revoked(ask(800)) && revoked(ask(805)));
    assert_eq!(ask(806), Decision::Accept);
}
