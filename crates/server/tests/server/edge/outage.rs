//! The authority goes away and comes back: below `max_staleness` nobody notices (design section 3).

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::authority::Authority;
use super::node::{Edge, Plan};
use super::until::until_is;

#[test]
fn an_authority_that_is_killed_and_started_again_under_load_costs_not_one_503() {
    let mut authority = Authority::start();
    let edges = ["one", "two"].map(|name| Plan::of(name, &authority).start());
    let token = authority.token("alice");
    under_load(&edges, &token, || {
        for _ in 0..2 {
            authority.kill();
            authority.restart();
            until_connected(&authority, 2);
        }
    });
    let answer = authority.revoke_everywhere("alice", 60_000);
    assert_eq!(answer.body["complete"], true, "{answer:?}");
    for edge in &edges {
        edge.assert_refuses(&token);
    }
}

#[test]
fn an_authority_that_is_stopped_and_replaced_under_load_costs_not_one_503() {
    let mut authority = Authority::start();
    let edges = ["one", "two"].map(|name| Plan::of(name, &authority).start());
    let token = authority.token("alice");
    under_load(&edges, &token, || {
        authority.stop();
        authority.restart();
        until_connected(&authority, 2);
    });
    let answer = authority.revoke_everywhere("alice", 60_000);
    assert_eq!(answer.body["complete"], true, "{answer:?}");
    for edge in &edges {
        edge.assert_refuses(&token);
    }
}

fn until_connected(authority: &Authority, count: usize) {
    until_is("edges that are connected", count, || {
        authority.verifiers().iter().filter(|verifier| verifier["connected"] == true).count()
    });
}

/// Every check of a good token, made while `happens`, is answered with 200.
fn under_load(edges: &[Edge], token: &str, happens: impl FnOnce()) {
    let over = AtomicBool::new(false);
    let bad = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for edge in edges {
            let (over, bad) = (&over, &bad);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    match edge.check(token) {
                        200 => {}
                        status => bad.lock().unwrap().push((edge.name(), status)),
                    }
                }
            });
        }
        // Also when it fails, or the load goes on without end.
        let over = Over(&over);
        happens();
        drop(over);
    });
    let bad = bad.into_inner().unwrap();
    assert!(bad.is_empty(), "{bad:?}");
}

/// Ends the load when it is dropped.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
