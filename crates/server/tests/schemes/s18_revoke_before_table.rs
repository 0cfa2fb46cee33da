//! S18: a table in memory that is complete before anything is answered, and kept up to date while it is. That it shrinks is
//! a matter of minutes, and tested on a simulated clock (`storage`, `verify`, and the cluster of `simulation`).

use serde_json::json;

use crate::edge::authority::Authority;
use crate::edge::node::Plan;

#[test]
fn a_verifier_elsewhere_answers_nothing_before_it_knows_all_and_everything_from_then_on() {
    let mut authority = Authority::start();
    let (ended, lives) = (authority.token("alice"), authority.token("bob"));
    authority.server().revoke(&json!({"type": "subject", "id": "alice"}));
    authority.kill();

    let edge = Plan::of("cold", &authority).launch();
    for token in [&ended, &lives] {
        let answer = edge.answer(token);
        assert_eq!((answer.status, answer.header("retry-after")), (503, "1"), "{answer:?}");
    }

    authority.restart();
    edge.wait_until_ready();
    edge.assert_refuses(&ended);
    edge.assert_accepts(&lives);
    // Updated live: acknowledged everywhere means refused here, with no call by the edge.
    authority.revoke_everywhere("bob", 30_000);
    authority.kill();
    assert_eq!(edge.answer(&lives).status, 401);
}
