//! What a token says, as roles and as types of the handler's own.

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use quash_middleware::{Authenticated, Claims, Denial, RequireToken};
use serde::Deserialize;
use serde_json::json;

use crate::house::{House, ask_with};

#[derive(Deserialize)]
struct Tenant {
    tenant: String,
    #[serde(default)]
    seats: u32,
}

fn api(layer: RequireToken) -> Router {
    async fn tenant(Claims(claims): Claims<Tenant>) -> String {
        format!("{} {}", claims.tenant, claims.seats)
    }
    async fn admin(user: Authenticated) -> Result<&'static str, Denial> {
        user.require_role("admin").map(|()| "the switches")
    }
    Router::new().route("/tenant", get(tenant)).route("/admin", get(admin)).layer(layer)
}

#[tokio::test]
async fn a_handler_gets_the_claims_as_its_own_type() {
    let house = House::new();
    let api = api(RequireToken::new(house.gate()));
    let token = house.issuer.token("alice", json!({ "tenant": "acme", "seats": 7 }));
    assert_eq!(ask_with(&api, "/tenant", &token).await.body, "acme 7");
}

#[tokio::test]
async fn a_good_token_that_does_not_fit_the_type_is_403() {
    // RFC 6750 section 3.1: the token is valid, it does not reach so far
    let house = House::new();
    let api = api(RequireToken::new(house.gate().realm("shop")));
    for claims in [json!({}), json!({ "tenant": 7 })] {
        let reply = ask_with(&api, "/tenant", &house.issuer.token("alice", claims)).await;
        assert_eq!(
            (reply.status, reply.json()["reason"].clone()),
            (StatusCode::FORBIDDEN, "claims_unfit".into())
        );
        assert_eq!(reply.challenge.as_deref(), Some(r#"Bearer realm="shop", error="insufficient_scope""#));
    }
}

#[tokio::test]
async fn a_handler_that_asks_for_claims_and_that_nobody_guards_answers_nobody() {
    async fn tenant(Claims(claims): Claims<Tenant>) -> String {
        claims.tenant
    }
    let house = House::new();
    let bare = Router::new().route("/tenant", get(tenant));
    let token = house.issuer.token("alice", json!({ "tenant": "acme" }));
    assert_eq!(ask_with(&bare, "/tenant", &token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_role_is_asked_for_by_the_layer_or_by_the_handler() {
    // RFC 9068 section 2.2.3.1
    let house = House::new();
    let admin = house.issuer.token("alice", json!({ "roles": ["admin"], "tenant": "acme" }));
    let nobody =
        house.issuer.token("alice", json!({ "roles": ["guest"], "scope": "admin", "tenant": "acme" }));

    let by_layer = api(RequireToken::new(house.gate().role("admin")));
    let by_handler = api(RequireToken::new(house.gate()));
    for (api, path) in [(&by_layer, "/tenant"), (&by_handler, "/admin")] {
        assert_eq!(ask_with(api, path, &admin).await.status, StatusCode::OK);
        let reply = ask_with(api, path, &nobody).await;
        assert_eq!(
            (reply.status, reply.json()["reason"].clone()),
            (StatusCode::FORBIDDEN, "insufficient_role".into())
        );
    }
}
