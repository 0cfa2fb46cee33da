//! What holds for every path: unknown ones, wrong methods, listeners of their own.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use quash_http::{AppState, HttpSettings, Surface, router, router_for};
use serde_json::json;
use std::sync::Arc;
use tower::ServiceExt as _;

use crate::house::{ADMIN_KEY, House};

#[tokio::test]
async fn an_unknown_path_is_a_problem() {
    let house = House::new().await;
    for path in ["/", "/v1", "/v1/session", "/oauth", "/auth/check/", "/V1/head"] {
        let reply = house.get(path).admin().send().await;
        assert_eq!((reply.status, reply.reason().as_str()), (404, "not_found"), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    // RFC 9110 section 15.5.6
    let house = House::new().await;
    let cases = [
        ("PUT", "/v1/sessions", "GET,HEAD,POST"),
        ("GET", "/oauth/token", "POST"),
        ("POST", "/v1/head", "GET,HEAD"),
        ("PATCH", "/v1/me/sessions/x", "DELETE"),
    ];
    for (method, path, allow) in cases {
        let reply = house.call(method, path).admin().send().await;
        assert_eq!((reply.status, reply.reason().as_str()), (405, "method_not_allowed"), "{method} {path}");
        let mut allowed: Vec<&str> = reply.header("allow").split(',').collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(","), allow, "{method} {path}");
    }
}

async fn status(router: &Router, path: &str) -> u16 {
    let request = Request::get(path).header("authorization", format!("Bearer {ADMIN_KEY}"));
    let request = request.body(Body::empty()).unwrap();
    router.clone().oneshot(request).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_listener_of_its_own_has_its_own_routes_and_health() {
    let house = House::new().await;
    let admin = router_for(house.state.clone(), &[Surface::Admin]);
    let metrics = router_for(house.state.clone(), &[Surface::Metrics]);
    let public = router_for(house.state.clone(), &[Surface::Public]);
    for (path, on_admin, on_metrics, on_public) in [
        ("/v1/head", 200, 404, 404),
        ("/metrics", 404, 200, 404),
        ("/.well-known/jwks.json", 404, 404, 200),
        ("/healthz", 200, 200, 200),
        ("/readyz", 200, 200, 200),
    ] {
        assert_eq!(status(&admin, path).await, on_admin, "{path}");
        assert_eq!(status(&metrics, path).await, on_metrics, "{path}");
        assert_eq!(status(&public, path).await, on_public, "{path}");
    }
}

#[tokio::test]
async fn a_nested_router_says_where_its_things_are() {
    let house = House::new().await;
    let settings = HttpSettings { base_path: "/quash".into(), ..HttpSettings::default() };
    let state = AppState::new(Arc::clone(&house.authority), Arc::clone(&house.verifier), settings);
    let nested = Router::new().nest("/quash", router(state));
    let request = Request::post("/quash/v1/sessions")
        .header("authorization", format!("Bearer {ADMIN_KEY}"))
        .header("content-type", "application/json")
        .body(Body::from(json!({ "subject": "alice", "client_id": "web" }).to_string()))
        .unwrap();
    let response = nested.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 201);
    let place = response.headers()["location"].to_str().unwrap().to_owned();
    assert!(place.starts_with("/quash/v1/sessions/ses_"));
    assert_eq!(status(&nested, &place).await, 200);
}
