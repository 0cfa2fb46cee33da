//! S17: a request gets a closer look only when something in its group changed since the token passed. The share in the mix
//! of the row (100,000 sessions, 1,000 revocations a second) is a figure of the benchmark; here it is that the counters
//! say what happened.

use serde_json::json;

use crate::process::answer::text;
use crate::process::running::Running;

/// How many checks were answered without a look-up.
fn shortcuts(server: &Running) -> u64 {
    let metrics = server.get("/metrics").text;
    let line = metrics
        .lines()
        .find(|line| line.starts_with("quash_verifier_checks_total") && line.contains("way=\"shortcut\""));
    line.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn what_is_revoked_elsewhere_costs_a_token_nothing_and_what_is_near_costs_one_closer_look() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let alice = server.sign_in("alice");
    let check = |times: u64| {
        let before = shortcuts(&server);
        for _ in 0..times {
            assert_eq!(server.check(text(&alice, "access_token")), 200);
        }
        shortcuts(&server) - before
    };
    check(1);
    assert_eq!(check(10), 10, "nothing changed since it passed");

    // Other people's sessions. There are 65,536 groups: that one of them is in a group of ours is rare, and costs one look.
    let costs = ["bob", "carol", "dave"].map(|subject| {
        server.revoke(&json!({"type": "session", "id": server.sign_in(subject)["session_id"]}));
        10 - check(10)
    });
    assert_eq!(costs.iter().min(), Some(&0), "what changed is in other groups: {costs:?}");

    // A group that the token is not in, of which every token of the issuer has to take notice.
    server.revoke(&json!({"type": "claim", "name": "tenant", "value": "t1"}));
    assert_eq!(check(10), 9, "one closer look, and it has passed again");

    server.revoke(&json!({"type": "subject", "id": "alice"}));
    assert_eq!(server.check(text(&alice, "access_token")), 401);
}
