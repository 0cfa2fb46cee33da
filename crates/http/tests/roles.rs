//! Who may do what, tried on every route of the router's own table (attack row 37): deny by default.

use quash_authority::{Role, allows};
use quash_http::{Access, RouteInfo, RouteMethod, routes};

use crate::house::{Call, House, text};

const ROLES: [(&str, Role); 6] = [
    ("admin", Role::Admin),
    ("issuer", Role::Issuer),
    ("revoker", Role::Revoker),
    ("support", Role::Support),
    ("verifier", Role::Verifier),
    ("auditor", Role::Auditor),
];

/// The route with something in the place of its parameters.
fn call(house: &House, route: &RouteInfo) -> Call {
    let path = route
        .path
        .replace("{sid}", "ses_0")
        .replace("{id}", "cred_0")
        .replace("{kid}", "key_0")
        .replace("{*path}", "x");
    let method = match route.method {
        RouteMethod::Get | RouteMethod::Any => "GET",
        RouteMethod::Put => "PUT",
        RouteMethod::Delete => "DELETE",
        _ => "POST",
    };
    house.call(method, &path)
}

#[tokio::test]
async fn every_native_route_without_a_credential_is_401() {
    let house = House::new().await;
    let native =
        routes().into_iter().filter(|route| route.path.starts_with("/v1/") || route.path == "/metrics");
    let mut tried = 0;
    for route in native {
        assert!(matches!(route.access, Access::Service(_) | Access::User), "{route:?}");
        for call in [
            call(&house, &route),
            call(&house, &route).bearer("an unknown key of 32 characters."),
            call(&house, &route).bearer("short"),
            call(&house, &route).basic("shop", "x"),
            call(&house, &route).admin().admin(),
            call(&house, &route).header("authorization", crate::house::ADMIN_KEY),
        ] {
            let reply = call.send().await;
            assert_eq!(reply.status, 401, "{route:?}");
            assert!(reply.header("www-authenticate").starts_with("Bearer realm=\"quash\""), "{route:?}");
        }
        tried += 1;
    }
    assert!(tried >= 18, "{tried} routes");
}

#[tokio::test]
async fn a_key_in_the_query_is_no_key() {
    // RFC 6750 section 2.3 is not supported on purpose; attack row 36.
    let house = House::new().await;
    let key = crate::house::encode(crate::house::ADMIN_KEY);
    for name in ["access_token", "key", "token"] {
        assert_eq!(house.get(&format!("/v1/head?{name}={key}")).send().await.status, 401);
        assert_eq!(house.get(&format!("/auth/check?{name}={key}")).send().await.status, 401);
    }
}

#[tokio::test]
async fn every_role_gets_what_the_table_says_and_nothing_else() {
    let house = House::new().await;
    let mut keys = Vec::new();
    for (name, role) in ROLES {
        keys.push((name, role, house.key_of(name).await));
    }
    for route in routes() {
        let Access::Service(verb) = route.access else { continue };
        for (name, role, key) in &keys {
            let reply = call(&house, &route).bearer(key).send().await;
            if allows(*role, verb) {
                assert!(!matches!(reply.status, 401 | 403), "{name} {route:?}: {}", reply.text());
            } else {
                assert_eq!((reply.status, reply.reason().as_str()), (403, "forbidden"), "{name} {route:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_users_token_is_no_service_key_and_a_service_key_no_users_token() {
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    for route in routes() {
        let reply = match route.access {
            Access::Service(_) => call(&house, &route).bearer(&token).send().await,
            Access::User => call(&house, &route).admin().send().await,
            _ => continue,
        };
        assert_eq!(reply.status, 401, "{route:?}");
    }
}

#[tokio::test]
async fn a_forbidden_request_is_refused_before_its_body_is_read() {
    let house = House::new().await;
    let key = house.key_of("auditor").await;
    let reply = house.post("/v1/sessions").bearer(&key).raw("text/plain", "not even JSON").send().await;
    assert_eq!(reply.status, 403);
}
