//! The boundaries of the decision that are not about which entry hits: life and freshness.

use std::cell::RefCell;
use std::time::Duration;

use crate::claims::{Claims, Registered};
use crate::ids::Issuer;
use crate::position::Position;
use crate::revocation::decide::{Decision, Question, TimeRules, decide};
use crate::revocation::entry::{Effect, Entry, NewEntry};
use crate::revocation::freshness::{
    Completeness, Freshness, FreshnessSource, Known, StalePolicy, Staleness, Undecided, from_fn,
};
use crate::revocation::reason::Reason;
use crate::revocation::rejection::Rejection;
use crate::revocation::state::RevocationState;
use crate::revocation::target::Target;
use crate::revocation::target_key::LogKey;
use crate::time::{Timestamp, Uptime};
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
    source: impl FreshnessSource,
    state: &RevocationState,
) -> Result<Decision, Undecided> {
    let token = token(registered);
    let names = state.names_of(&token);
    let now = Timestamp::from_milliseconds(now_ms);
    let question = Question { token: &token, names: &names, rules: &RULES, now, passed_at: Position::ZERO };
    decide(&question, state, &source).map(|judgement| judgement.decision)
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

#[test]
fn a_refusal_asks_nobody_how_fresh_the_state_is() {
    // design section 3: staleness only turns accepts into the policy's answer. A question would panic here.
    let nobody = || from_fn(|| panic!("asked about a refusal"));
    assert!(matches!(ask(living(800), 900_000, nobody(), &state()), Ok(Decision::Reject(_))));
    let ended = state();
    ended.apply(&everything_ended().record(ended.log_key())).unwrap();
    assert!(matches!(ask(living(1_000), 900_000, nobody(), &ended), Ok(Decision::Reject(_))));
}

/// Writes down when it is asked what, and lets something happen then.
struct Witness<'a> {
    meanwhile: &'a dyn Fn(),
    asked: &'a RefCell<Vec<&'static str>>,
}

const KNOWN: Known = Known {
    fresh_as_of: Some(Uptime::ZERO),
    fresh_until: Uptime::from_nanoseconds(7),
    completeness: Completeness::Complete,
};

impl FreshnessSource for Witness<'_> {
    fn freshness(&self) -> Freshness {
        panic!("a decision asks in two steps")
    }

    fn known(&self) -> Known {
        self.asked.borrow_mut().push("known");
        KNOWN
    }

    fn freshness_after(&self, known: Known, _: Staleness) -> Freshness {
        assert_eq!(known, KNOWN, "what was known before the state was read is what counts");
        self.asked.borrow_mut().push("freshness");
        (self.meanwhile)();
        Freshness::Fresh
    }
}

#[test]
fn the_state_is_read_after_what_is_known_of_it_and_before_the_clock() {
    // design section 3, I1': what the source lets happen when it is asked for the freshness comes after the reading.
    let state = state();
    let asked = RefCell::new(Vec::new());
    let end = || state.apply(&everything_ended().record(state.log_key())).unwrap();
    let witness = || Witness { meanwhile: &end, asked: &asked };
    assert_eq!(ask(living(1_000), 900_000, witness(), &state), Ok(Decision::Accept));
    assert_eq!(*asked.borrow(), ["known", "freshness"]);
    assert!(matches!(ask(living(1_000), 900_000, witness(), &state), Ok(Decision::Reject(_))));
    assert_eq!(*asked.borrow(), ["known", "freshness", "known"], "a refusal does not ask on");
}

fn everything_ended() -> Entry {
    Entry {
        position: Position::new(1).unwrap(),
        fact: NewEntry {
            recorded_at: Timestamp::from_seconds(800),
            issuer: Issuer::new("https://issuer.example").unwrap(),
            target: Target::Issuer,
            effect: Effect::End,
            spread: None,
            window: None,
            exception: None,
            retain_until: Timestamp::FOREVER,
            enforce_until: Timestamp::FOREVER,
            undoes: None,
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
