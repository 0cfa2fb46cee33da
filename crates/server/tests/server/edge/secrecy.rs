//! I13: nothing that an edge writes or says holds a token or a key.

use super::authority::Authority;
use super::node::Plan;

#[test]
fn no_secret_that_went_through_an_edge_is_found_in_its_log_its_answers_or_its_metrics() {
    // Attack row 36
    let authority = Authority::start();
    let edge = Plan::of("one", &authority).start();
    let token = authority.token("alice");
    let broken = format!("{token}x");
    let canary = "canary-5e1f-0123456789abcdefghijklmnop";
    let mut said = vec![format!("{:?}", edge.introspect(&broken)), format!("{:?}", edge.introspect(canary))];
    for bad in [&broken, canary, &authority.key] {
        said.push(format!("{:?}", edge.answer(bad)));
    }
    authority.revoke_everywhere("alice", 30_000);
    said.push(format!("{:?} {:?}", edge.answer(&token), edge.introspect(&token)));
    said.push(edge.metrics());
    said.push(edge.log());

    let parts: Vec<&str> = token.split('.').collect();
    for secret in [&token, parts[1], parts[2], canary, &authority.key] {
        let found = said.iter().find(|output| output.contains(secret));
        assert_eq!(found, None, "`{secret}` is said");
    }
}
