//! Routes that are open to everybody and know those who say who they are.

use http::StatusCode;
use quash_core::revocation::entry::Effect;
use quash_middleware::RequireToken;

use crate::house::{House, ask, ask_with};

#[tokio::test]
async fn without_a_token_a_request_is_let_in_as_nobody() {
    let house = House::new();
    let api = House::api(RequireToken::new(house.gate()).or_anonymous());
    let reply = ask(&api, "/", &[]).await;
    assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, "nobody"));
    assert_eq!(ask_with(&api, "/", &house.token("")).await.body, "alice");
    // A handler that needs somebody still does.
    assert_eq!(ask(&api, "/orders", &[]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_revoked_or_broken_token_does_not_become_nobody() {
    let house = House::new();
    let api = House::api(RequireToken::new(house.gate()).or_anonymous());
    assert_eq!(ask(&api, "/", &["Bearer nonsense"]).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&api, "/", &["Basic YTpi"]).await.status, StatusCode::UNAUTHORIZED);
    house.end_session(Effect::End, "kicked");
    assert_eq!(ask_with(&api, "/", &house.token("")).await.status, StatusCode::UNAUTHORIZED);
}
