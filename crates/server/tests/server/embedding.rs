//! The example that embeds the whole authority does what it says.

#[path = "../../examples/embedded_authority/house.rs"]
mod house;
#[path = "../../examples/embedded_authority/shop.rs"]
mod shop;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

const ISSUER: &str = "http://shop.example/auth";

async fn ask(router: &Router, request: Request<Body>) -> (StatusCode, Value) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn sign_in(password: &str) -> Request<Body> {
    let body = json!({ "name": "alice", "password": password }).to_string();
    let request = Request::post("/sign-in").header("content-type", "application/json");
    request.body(Body::from(body)).unwrap()
}

fn with(method: &str, path: &str, token: &str) -> Request<Body> {
    let request =
        Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_service_with_an_authority_inside_signs_in_checks_and_signs_out() {
    let directory = tempfile::tempdir().unwrap();
    let house = house::House::open(directory.path(), ISSUER).await.unwrap();
    house.keep();
    let admin_key = house.admin_key.clone();
    let shop = shop::router(house);

    assert_eq!(ask(&shop, sign_in("guess")).await.0, StatusCode::UNAUTHORIZED);
    let (status, tokens) = ask(&shop, sign_in("open sesame")).await;
    assert_eq!(status, StatusCode::OK);
    let token = tokens["access_token"].as_str().unwrap();
    let (status, me) = ask(&shop, with("GET", "/me", token)).await;
    assert_eq!((status, me["name"].as_str()), (StatusCode::OK, Some("alice")));

    // The authority's own endpoints are below `/auth`, and know of the same sessions.
    let (_, sessions) = ask(&shop, with("GET", "/auth/v1/sessions?subject=alice", &admin_key)).await;
    assert_eq!(sessions["items"][0]["session_id"], me["session"]);
    let metadata = Request::get("/auth/.well-known/oauth-authorization-server").body(Body::empty()).unwrap();
    assert_eq!(ask(&shop, metadata).await.1["issuer"], ISSUER);

    assert_eq!(ask(&shop, with("POST", "/sign-out-everywhere", token)).await.0, StatusCode::NO_CONTENT);
    let (status, problem) = ask(&shop, with("GET", "/me", token)).await;
    assert_eq!((status, problem["remedy"].as_str()), (StatusCode::UNAUTHORIZED, Some("sign_in")));
}

#[tokio::test]
async fn a_revocation_outlives_a_restart_of_the_service() {
    // I6
    let directory = tempfile::tempdir().unwrap();
    let shop = shop::router(house::House::open(directory.path(), ISSUER).await.unwrap());
    let (_, gone) = ask(&shop, sign_in("open sesame")).await;
    let gone = gone["access_token"].as_str().unwrap();
    assert_eq!(ask(&shop, with("POST", "/sign-out-everywhere", gone)).await.0, StatusCode::NO_CONTENT);
    let (_, kept) = ask(&shop, sign_in("open sesame")).await;
    let kept = kept["access_token"].as_str().unwrap();
    drop(shop);

    let shop = shop::router(house::House::open(directory.path(), ISSUER).await.unwrap());
    assert_eq!(ask(&shop, with("GET", "/me", kept)).await.0, StatusCode::OK);
    assert_eq!(ask(&shop, with("GET", "/me", gone)).await.0, StatusCode::UNAUTHORIZED);
}
