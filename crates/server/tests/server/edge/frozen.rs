//! An edge that stands still (design section 3): it is waited for no longer than its lease, and when it goes on it
//! accepts nothing before it has caught up.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::authority::{Authority, names};
use super::node::{Edge, Plan};
use super::until::until_is;

const LEASE: Duration = Duration::from_secs(3);
const FROZEN_FOR: Duration = Duration::from_secs(10);
/// What a busy machine may add to a bound that is promised.
const SLACK: Duration = Duration::from_secs(2);
const CONNECTIONS: usize = 8;

#[test]
#[expect(clippy::disallowed_methods, reason = "the bound is one of time")]
fn a_frozen_edge_is_waited_for_as_long_as_its_lease_and_never_accepts_what_was_revoked_meanwhile() {
    let authority = Authority::start();
    let [frozen, other, third] =
        ["frozen", "other", "third"].map(|name| Plan::of(name, &authority).stale_after("3s").start());
    let revoked = authority.token("alice");
    let stays = authority.token("bob");
    // Known to all of them: the signature is cached, and only the revocation is looked at.
    for edge in [&frozen, &other, &third] {
        edge.assert_accepts(&revoked);
    }

    frozen.freeze();
    let began = Instant::now();
    let answer = authority.revoke_everywhere("alice", 30_000);
    let took = began.elapsed();
    assert_eq!(answer.body["complete"], true, "{answer:?}");
    assert_eq!(names(&answer, "applied"), ["other", "third"]);
    assert!(names(&answer, "pending").is_empty(), "{answer:?}");
    assert!(took <= LEASE + LEASE / 100 + SLACK, "{took:?}");
    other.assert_refuses(&revoked);
    third.assert_refuses(&revoked);

    std::thread::sleep(FROZEN_FOR.saturating_sub(began.elapsed()));
    wake_up_under_fire(&frozen, &revoked, &stays);
    frozen.assert_refuses(&revoked);
}

/// Requests are in its queues before it goes on: none of them is accepted on what it knew before.
fn wake_up_under_fire(frozen: &Edge, revoked: &str, stays: &str) {
    let over = AtomicBool::new(false);
    let asked = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let status = frozen.check(revoked);
                    assert!(status == 503 || status == 401, "a revoked token got {status}");
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        frozen.thaw();
        until_is("fresh again", 200, || frozen.check(stays));
        over.store(true, Ordering::Relaxed);
    });
    assert!(asked.load(Ordering::Relaxed) >= CONNECTIONS);
}
