//! Routes that ask for more than a good token.

use quash_verify::{Admission, RouteRules, Shortfall};
use serde_json::json;

use crate::support::{FOREIGN, NOW, OWN, World, at, end, issuer, target};

#[test]
fn a_route_asks_for_all_of_its_scopes() {
    // RFC 6750 section 3.1, insufficient_scope
    let world = World::new();
    let token = world.own(&json!({ "scope": "read write" }));
    let admit = |rules: &RouteRules| match world.verifier.pin().admit(&token, at(NOW), rules).unwrap() {
        Admission::Admitted(_) => None,
        Admission::Forbidden(token, shortfall) => {
            assert_eq!(token.subject(), Some("alice"));
            Some(shortfall)
        }
        Admission::Refused(_) => panic!("refused"),
    };
    assert_eq!(admit(&RouteRules::none()), None);
    assert_eq!(admit(&RouteRules::none().scope("write").scope("read")), None);
    let more = RouteRules::none().scope("write").scope("delete");
    assert_eq!(admit(&more), Some(Shortfall::Scope("write delete".to_owned())));
    assert_eq!(admit(&RouteRules::none().scope("rea")), Some(Shortfall::Scope("rea".to_owned())));
}

#[test]
fn a_route_asks_for_all_of_its_roles() {
    // RFC 9068 section 2.2.3.1: `roles` is a list of texts
    let world = World::new();
    let rules = RouteRules::none().scope("read").role("editor").role("admin");
    let ask = |claims| {
        let token = world.own(&claims);
        match world.verifier.pin().admit(&token, at(NOW), &rules).unwrap() {
            Admission::Admitted(_) => None,
            Admission::Forbidden(_, shortfall) => Some(shortfall),
            Admission::Refused(_) => panic!("refused"),
        }
    };
    let lacking = Some(Shortfall::Role("editor admin".to_owned()));
    assert_eq!(ask(json!({ "scope": "read", "roles": ["admin", "editor", "x"] })), None);
    assert_eq!(ask(json!({ "scope": "read", "roles": ["admin"] })), lacking);
    assert_eq!(ask(json!({ "scope": "read", "roles": "admin editor" })), lacking);
    assert_eq!(ask(json!({ "scope": "read editor admin" })), lacking);
    let no_scope = Some(Shortfall::Scope("read".to_owned()));
    assert_eq!(ask(json!({ "roles": ["admin", "editor"] })), no_scope);
}

#[test]
fn a_route_may_be_open_to_some_issuers_only() {
    let world = World::new();
    let rules = RouteRules::none().issuer(issuer(OWN));
    let pin = world.verifier.pin();
    let own = world.own(&json!({}));
    assert!(matches!(pin.admit(&own, at(NOW), &rules).unwrap(), Admission::Admitted(_)));
    let foreign = world.foreign(&json!({}));
    assert!(matches!(
        pin.admit(&foreign, at(NOW), &rules).unwrap(),
        Admission::Forbidden(_, Shortfall::Issuer)
    ));
    let both = rules.issuer(issuer(FOREIGN));
    assert!(matches!(pin.admit(&foreign, at(NOW), &both).unwrap(), Admission::Admitted(_)));
}

#[test]
fn a_refused_token_is_refused_before_a_route_is_asked() {
    let world = World::new();
    let token = world.own(&json!({}));
    world.revoke(end(target::subject("alice")));
    let rules = RouteRules::none().scope("more");
    assert!(matches!(world.verifier.pin().admit(&token, at(NOW), &rules).unwrap(), Admission::Refused(_)));
}
