//! A tree: an edge that follows an edge (design sections 3 and 4). Leases flow down, watermarks flow up.

use serde_json::Value as Json;

use super::authority::{Authority, names};
use super::node::Plan;
use super::until::until_is;

#[test]
fn a_revocation_reaches_an_edge_behind_an_edge_and_the_tree_is_waited_for() {
    let authority = Authority::start();
    let relay = Plan::of("relay", &authority).start();
    let leaf = Plan::of("leaf", &authority).through(&relay).start();
    for turn in 0..20 {
        let token = authority.token(&format!("user-{turn}"));
        leaf.assert_accepts(&token);
        let answer = authority.revoke_everywhere(&format!("user-{turn}"), 30_000);
        assert_eq!(answer.body["complete"], true, "{answer:?}");
        assert_eq!(names(&answer, "applied"), ["relay"], "the tree acknowledges as one");
        // I1': nobody waits for anything here.
        leaf.assert_refuses(&token);
        relay.assert_refuses(&token);
    }
}

#[test]
fn a_leaf_whose_relay_is_gone_goes_stale_and_is_fresh_again_with_it() {
    let authority = Authority::start();
    let mut relay = Plan::of("relay", &authority).stale_after("3s").start();
    let leaf = Plan::of("leaf", &authority).stale_after("3s").through(&relay).start();
    let (token, revoked) = (authority.token("alice"), authority.token("bob"));
    leaf.assert_accepts(&token);
    authority.revoke_everywhere("bob", 30_000);
    relay.kill();
    until_is("stale without its relay", 503, || leaf.check(&token));
    assert_eq!(leaf.check(&revoked), 401);
    relay.restart();
    until_is("fresh with its relay", 200, || leaf.check(&token));
    assert_eq!(leaf.check(&revoked), 401);
}

#[test]
fn a_credential_that_is_given_up_is_sent_away_from_a_relay_too() {
    // Attack row 37
    let authority = Authority::start();
    let relay = Plan::of("relay", &authority).start();
    let (id, key) = authority.new_credential();
    let plan = Plan { key, ..Plan::of("leaf", &authority).stale_after("1s").through(&relay) };
    let leaf = plan.start();
    let token = authority.token("alice");
    leaf.assert_accepts(&token);
    authority.delete_credential(&id);
    until_is("stale without its credential", 503, || leaf.check(&token));
    relay.assert_accepts(&token);
}

#[test]
fn a_relay_that_is_asked_to_stop_sends_its_followers_away_and_they_go_on_elsewhere() {
    let authority = Authority::start();
    let mut relay = Plan::of("relay", &authority).start();
    let mut plan = Plan::of("leaf", &authority).through(&relay);
    plan.authority.push(authority.url());
    let leaf = plan.start();
    let token = authority.token("alice");
    leaf.assert_accepts(&token);
    relay.stop();
    until_is("the leaf follows the authority itself", true, || {
        let leaf_is_there = |verifier: &Json| verifier["verifier"] == "leaf" && verifier["connected"] == true;
        // Not one 503 meanwhile.
        leaf.assert_accepts(&token);
        authority.verifiers().iter().any(leaf_is_there)
    });
    authority.revoke_everywhere("alice", 30_000);
    leaf.assert_refuses(&token);
}

#[test]
fn a_frozen_leaf_holds_a_revocation_up_no_longer_than_its_lease() {
    let authority = Authority::start();
    let relay = Plan::of("relay", &authority).stale_after("3s").start();
    let leaf = Plan::of("leaf", &authority).stale_after("3s").through(&relay).start();
    let (token, stays) = (authority.token("alice"), authority.token("bob"));
    leaf.assert_accepts(&token);
    leaf.freeze();
    let answer = authority.revoke_everywhere("alice", 60_000);
    assert_eq!(answer.body["complete"], true, "{answer:?}");
    relay.assert_refuses(&token);
    leaf.thaw();
    until_is("the leaf is fresh again", 200, || {
        assert!([401, 503].contains(&leaf.check(&token)));
        leaf.check(&stays)
    });
    leaf.assert_refuses(&token);
}
