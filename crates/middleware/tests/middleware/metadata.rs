//! How a resource describes itself (RFC 9728).

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use quash_middleware::{Authenticated, Denial, RequireToken, ResourceMetadata, metadata_router};
use serde_json::json;

use crate::house::{House, ask, ask_with};

fn shop() -> ResourceMetadata {
    ResourceMetadata::new("https://api.example/shop").unwrap().authorization_server("https://login.example")
}

fn api(house: &House) -> Router {
    async fn orders(user: Authenticated) -> Result<&'static str, Denial> {
        user.require_scope("orders").map(|()| "the orders")
    }
    let gate = house.gate().realm("shop").resource(&shop());
    let guarded = Router::new().route("/shop/orders", get(orders)).layer(RequireToken::new(gate));
    guarded.merge(metadata_router(&shop()))
}

#[tokio::test]
async fn the_description_lies_between_the_host_and_the_path_and_needs_no_token() {
    // RFC 9728 section 3.1
    let api = api(&House::new());
    let reply = ask(&api, "/.well-known/oauth-protected-resource/shop", &[]).await;
    assert_eq!((reply.status, reply.content_type.as_deref()), (StatusCode::OK, Some("application/json")));
    let expected = json!({
        "resource": "https://api.example/shop",
        "authorization_servers": ["https://login.example"],
        "bearer_methods_supported": ["header"],
    });
    assert_eq!(reply.json(), expected);
}

#[tokio::test]
async fn a_client_without_a_token_learns_from_the_challenge_where_to_get_one() {
    // RFC 9728 section 5.1
    let api = api(&House::new());
    let reply = ask(&api, "/shop/orders", &[]).await;
    let expected = concat!(
        r#"Bearer realm="shop", "#,
        r#"resource_metadata="https://api.example/.well-known/oauth-protected-resource/shop""#
    );
    assert_eq!((reply.status, reply.challenge.as_deref()), (StatusCode::UNAUTHORIZED, Some(expected)));
}

#[tokio::test]
async fn a_denial_of_the_handler_says_it_too() {
    let house = House::new();
    let reply = ask_with(&api(&house), "/shop/orders", &house.token("profile")).await;
    let expected = concat!(
        r#"Bearer realm="shop", error="insufficient_scope", scope="orders", "#,
        r#"resource_metadata="https://api.example/.well-known/oauth-protected-resource/shop""#
    );
    assert_eq!((reply.status, reply.challenge.as_deref()), (StatusCode::FORBIDDEN, Some(expected)));
}
