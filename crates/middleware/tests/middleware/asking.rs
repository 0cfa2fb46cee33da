//! Stale knowledge under the policy to ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::StatusCode;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::freshness::{Freshness, StalePolicy};
use quash_middleware::{Ask, Asking, Gate, Introspected, RequireToken, Unreachable};

use crate::house::{House, ask_with};

/// An authority that always says the same, and counts how often it was asked.
struct Oracle {
    word: Result<Introspected, Unreachable>,
    asked: AtomicU32,
}

impl Oracle {
    fn saying(word: Result<Introspected, Unreachable>) -> Arc<Self> {
        Arc::new(Self { word, asked: AtomicU32::new(0) })
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Ask for Oracle {
    fn introspect<'a>(&'a self, _token: &'a str) -> Asking<'a> {
        Box::pin(async move {
            // Other tasks run meanwhile, as over a network.
            tokio::task::yield_now().await;
            self.asked.fetch_add(1, Ordering::SeqCst);
            self.word
        })
    }
}

fn stale(house: &House) -> Gate {
    let age = Duration::from_secs(30);
    house.gate().freshness(Freshness::Stale { age, policy: StalePolicy::Ask })
}

#[tokio::test]
async fn what_the_authority_calls_active_is_let_in_with_its_claims() {
    // design §3: `ask` introspects at the authority
    let house = House::new();
    let oracle = Oracle::saying(Ok(Introspected::Active));
    let api = House::api(RequireToken::new(stale(&house).ask(Arc::clone(&oracle) as Arc<dyn Ask>)));
    let reply = ask_with(&api, "/", &house.token("")).await;
    assert_eq!((reply.status, reply.body.as_str(), oracle.asked()), (StatusCode::OK, "alice", 1));
}

#[tokio::test]
async fn what_the_authority_calls_inactive_is_refused() {
    let house = House::new();
    let oracle = Oracle::saying(Ok(Introspected::Inactive));
    let api = House::api(RequireToken::new(stale(&house).ask(oracle)));
    let reply = ask_with(&api, "/", &house.token("")).await;
    assert_eq!((reply.status, reply.json()["reason"].clone()), (StatusCode::UNAUTHORIZED, "revoked".into()));
}

#[tokio::test]
async fn no_answer_is_used_for_a_second_request() {
    // I1': an answer is the authority's word at one instant. Kept, or shared with a request that began later, it would
    // let somebody in after everybody was told that nobody does.
    let house = House::new();
    let oracle = Oracle::saying(Ok(Introspected::Active));
    let gate = stale(&house).ask(Arc::clone(&oracle) as Arc<dyn Ask>);
    let (api, token) = (House::api(RequireToken::new(gate)), house.token(""));
    for asked in 1..=3 {
        assert_eq!((ask_with(&api, "/", &token).await.status, oracle.asked()), (StatusCode::OK, asked));
    }
    let (one, other) = tokio::join!(ask_with(&api, "/", &token), ask_with(&api, "/", &token));
    assert_eq!((one.status, other.status, oracle.asked()), (StatusCode::OK, StatusCode::OK, 5));
}

#[tokio::test]
async fn an_authority_that_can_not_be_asked_decides_nothing() {
    // design §3: unreachable → 503
    let house = House::new();
    let unreachable = stale(&house).ask(Oracle::saying(Err(Unreachable)));
    for gate in [unreachable, stale(&house)] {
        let reply = ask_with(&House::api(RequireToken::new(gate)), "/", &house.token("")).await;
        assert_eq!(
            (reply.status, reply.json()["reason"].clone()),
            (StatusCode::SERVICE_UNAVAILABLE, "stale".into())
        );
        assert_eq!(reply.retry_after.as_deref(), Some("1"));
    }
}

#[tokio::test]
async fn a_token_that_the_last_state_refuses_is_not_asked_about() {
    // I2: staleness only turns accepts into the policy's answer
    let house = House::new();
    house.end_session(Effect::End, "kicked");
    let oracle = Oracle::saying(Ok(Introspected::Active));
    let api = House::api(RequireToken::new(stale(&house).ask(Arc::clone(&oracle) as Arc<dyn Ask>)));
    let reply = ask_with(&api, "/", &house.token("")).await;
    assert_eq!((reply.status, oracle.asked()), (StatusCode::UNAUTHORIZED, 0));
}

#[tokio::test]
async fn nobody_is_asked_on_fresh_knowledge_or_none() {
    let house = House::new();
    let oracle = Oracle::saying(Ok(Introspected::Active));
    for (freshness, status) in
        [(Freshness::Fresh, StatusCode::OK), (Freshness::Incomplete, StatusCode::SERVICE_UNAVAILABLE)]
    {
        let gate = house.gate().freshness(freshness).ask(Arc::clone(&oracle) as Arc<dyn Ask>);
        let reply = ask_with(&House::api(RequireToken::new(gate)), "/", &house.token("")).await;
        assert_eq!((reply.status, oracle.asked()), (status, 0));
    }
}

#[tokio::test]
async fn the_routes_own_needs_are_judged_after_the_answer() {
    let house = House::new();
    let gate = stale(&house).ask(Oracle::saying(Ok(Introspected::Active))).scope("orders");
    let reply = ask_with(&House::api(RequireToken::new(gate)), "/", &house.token("")).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
}
