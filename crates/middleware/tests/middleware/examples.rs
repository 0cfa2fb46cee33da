//! The examples do what they say.

#[path = "../../examples/axum_api/api.rs"]
mod api;
#[path = "../../examples/axum_chat/chat.rs"]
mod chat;

use futures_util::{SinkExt, StreamExt};
use http::StatusCode;
use quash_middleware::ResourceMetadata;
use quash_middleware::testing::TestIssuer;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::house::{ask, ask_with};

#[tokio::test]
async fn axum_api_knows_who_asks_until_the_session_ends() {
    let issuer = TestIssuer::new();
    let metadata = ResourceMetadata::new("http://127.0.0.1:7080").unwrap();
    let api = api::router(issuer.gate(), &metadata);
    let token = issuer.token("alice", json!({ "sid": "ses_1", "scope": "profile" }));
    let staff = issuer.token("bob", json!({ "roles": ["staff"] }));

    let me = ask_with(&api, "/me", &token).await.json();
    let expected = json!({ "subject": "alice", "session": "ses_1", "client": "web", "scope": "profile" });
    assert_eq!(me, expected);
    assert_eq!(ask_with(&api, "/stock", &token).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ask_with(&api, "/stock", &staff).await.body, "7 left");
    let challenge = ask(&api, "/me", &[]).await.challenge.unwrap();
    let description = challenge.split('"').find(|part| part.contains(".well-known")).unwrap();
    let path = description.strip_prefix("http://127.0.0.1:7080").unwrap();
    assert_eq!(ask(&api, path, &[]).await.json()["resource"], "http://127.0.0.1:7080");

    issuer.end_session("ses_1");
    assert_eq!(ask_with(&api, "/me", &token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn axum_chat_shows_the_door_to_whom_is_revoked_and_to_nobody_else() {
    // S55, attack row 39
    let issuer = TestIssuer::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = chat::router(issuer.gate());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let enter = async |subject: &str| {
        let mut request = format!("ws://{address}/chat").into_client_request().unwrap();
        let token = issuer.token(subject, json!({}));
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        connect_async(request).await.unwrap().0
    };
    let mut bob = enter("bob").await;
    assert_eq!(bob.next().await.unwrap().unwrap(), Message::text("bob came"));
    let mut alice = enter("alice").await;
    assert_eq!(alice.next().await.unwrap().unwrap(), Message::text("alice came"));
    alice.send(Message::text("hello")).await.unwrap();
    for line in ["alice came", "alice: hello"] {
        assert_eq!(bob.next().await.unwrap().unwrap(), Message::text(line));
    }
    assert_eq!(alice.next().await.unwrap().unwrap(), Message::text("alice: hello"));

    issuer.end_subject("alice");
    match alice.next().await.unwrap().unwrap() {
        Message::Close(Some(frame)) => assert_eq!(frame.code, CloseCode::Policy),
        other => panic!("not closed: {other:?}"),
    }
    assert_eq!(bob.next().await.unwrap().unwrap(), Message::text("alice left"));
}
