//! An edge that does not know enough answers nothing; what it knew to be revoked stays refused.

use super::authority::{Authority, free_address, names};
use super::node::Plan;

#[test]
fn a_cold_edge_answers_nothing_until_its_state_is_complete() {
    // S18
    let mut authority = Authority::start();
    let token = authority.token("alice");
    authority.kill();
    let edge = Plan::of("cold", &authority).launch();
    let answer = edge.answer(&token);
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"), "{answer:?}");
    assert_eq!((edge.introspect(&token).0, edge.ready()), (503, 503));
    authority.restart();
    edge.wait_until_ready();
    edge.assert_accepts(&token);
}

#[test]
fn an_edge_that_starts_during_an_outage_refuses_all_it_knew_and_accepts_nothing() {
    let mut authority = Authority::start();
    let mut edge = Plan::of("one", &authority).start();
    let (revoked, stays) = (authority.token("alice"), authority.token("bob"));
    authority.revoke_everywhere("alice", 30_000);
    authority.kill();
    edge.kill();
    edge.restart();
    let answer = edge.answer(&revoked);
    assert_eq!(answer.status, 401, "{answer:?}");
    assert!(answer.header("www-authenticate").contains("reason=\"admin\""), "{answer:?}");
    assert_eq!((edge.check(&stays), edge.introspect(&stays).0, edge.ready()), (503, 503, 503));
    authority.restart();
    edge.wait_until_ready();
    edge.assert_refuses(&revoked);
    edge.assert_accepts(&stays);
}

#[test]
fn what_an_edge_acknowledged_it_refuses_after_any_number_of_kills_without_its_authority() {
    // I3, for the file of an edge
    const KILLS: usize = 6;
    let mut authority = Authority::start();
    // Each run has a lease of its own, and what it held runs on after its end.
    let mut edge = Plan::of("one", &authority).stale_after("1s").start();
    let mut acknowledged = Vec::new();
    for round in 0..KILLS {
        let subject = format!("user-{round}");
        let token = authority.token(&subject);
        let answer = authority.revoke_everywhere(&subject, 30_000);
        // On a machine that is busy elsewhere its lease may have run out instead.
        acknowledged.extend(names(&answer, "applied").iter().map(|_| token.clone()));
        edge.kill();
        edge.restart();
        edge.wait_until_ready();
    }
    assert!(!acknowledged.is_empty());
    authority.kill();
    edge.kill();
    edge.restart();
    for token in &acknowledged {
        edge.assert_refuses(token);
    }
}

#[test]
fn an_edge_goes_on_with_the_next_authority_that_it_was_told_of() {
    let authority = Authority::start();
    let plan = Plan::of("one", &authority);
    let nobody = format!("http://{}", free_address());
    let authority_list = vec![nobody, authority.url()];
    let edge = Plan { authority: authority_list, ..plan }.start();
    edge.assert_accepts(&authority.token("alice"));
}
