//! What an edge does on a stale state is its operator's choice (design section 3).

use serde_json::json;

use super::authority::{Authority, names};
use super::node::Plan;
use super::until::until_is;

#[test]
fn an_edge_that_allows_is_reported_as_unfenced_by_name() {
    let authority = Authority::start();
    let edge = Plan::of("lax", &authority).stale_after("1s").more("stale_policy = \"allow\"\n").start();
    let token = authority.token("alice");
    edge.assert_accepts(&token);
    assert_eq!(authority.verifiers()[0]["unfenced"], json!(true));
    edge.freeze();
    let answer = authority.revoke_everywhere("alice", 30_000);
    assert_eq!(names(&answer, "unfenced"), ["lax"], "{answer:?}");
    edge.thaw();
    until_is("refused once it is connected again", 401, || edge.check(&token));
}

#[test]
fn an_edge_that_allows_accepts_on_a_stale_state_and_still_refuses_what_it_knew() {
    let mut authority = Authority::start();
    let edge = Plan::of("lax", &authority).stale_after("1s").more("stale_policy = \"allow\"\n").start();
    let (revoked, stays) = (authority.token("alice"), authority.token("bob"));
    authority.revoke_everywhere("alice", 30_000);
    authority.kill();
    let allowed = "quash_verifier_allowed_stale_total";
    until_is("an accept on a stale state is counted", true, || {
        assert_eq!((edge.check(&stays), edge.check(&revoked)), (200, 401));
        edge.metric(allowed) > 0.0
    });
}

#[test]
fn an_edge_that_asks_is_answered_by_the_authority_and_by_nobody_when_that_is_down() {
    let mut authority = Authority::start();
    // Followed through an edge that goes away, so that the feed is cut and the authority is still there.
    let mut between = Plan::of("between", &authority).stale_after("1s").start();
    let mut plan =
        Plan::of("asking", &authority).stale_after("1s").more("stale_policy = \"ask\"\n").through(&between);
    plan.authority.push(authority.url());
    let edge = plan.start();
    let token = authority.token("alice");
    edge.assert_accepts(&token);
    between.kill();
    authority.kill();
    until_is("stale, and nobody to ask", 503, || edge.check(&token));
    assert_eq!(edge.introspect(&token).0, 503);
    authority.restart();
    until_is("somebody answers", 200, || edge.check(&token));
}
