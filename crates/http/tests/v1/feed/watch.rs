//! `GET /v1/feed`: docs/feed-format.md, "SSE view".

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures_util::StreamExt;
use quash_core::position::Position;
use serde_json::{Value, json};
use tokio::time::timeout;
use tower::ServiceExt;

use super::client::PATIENCE;
use crate::house::{House, text};

/// A stream that is being watched.
struct Watching {
    body: BodyDataStream,
    read: String,
}

/// Type, id and data of an event.
type Seen = (String, String, Value);

impl Watching {
    async fn begin(house: &House, key: &str, after: Option<u64>, last_id: Option<&str>) -> Self {
        let query = after.map(|after| format!("?after={after}")).unwrap_or_default();
        let mut request =
            Request::get(format!("/v1/feed{query}")).header("authorization", format!("Bearer {key}"));
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let response = house.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self { body: response.into_body().into_data_stream(), read: String::new() }
    }

    async fn next(&mut self) -> Option<Seen> {
        loop {
            let read = self.read.clone();
            if let Some((event, rest)) = read.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.map(|value| value.trim_start().to_owned()).unwrap_or_default()
                };
                let seen = (field("event:"), field("id:"), serde_json::from_str(&field("data:")).unwrap());
                rest.clone_into(&mut self.read);
                return Some(seen);
            }
            let piece = timeout(PATIENCE, self.body.next()).await.unwrap()?.unwrap();
            self.read.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }

    async fn entry(&mut self) -> Seen {
        loop {
            let seen = self.next().await.unwrap();
            if seen.0 == "entry" {
                return seen;
            }
        }
    }
}

async fn revoke(house: &House, subject: &str) -> u64 {
    house.revoke(json!({ "target": { "type": "subject", "id": subject } })).await["position"]
        .as_u64()
        .unwrap()
}

#[tokio::test]
async fn an_auditor_sees_ids_and_a_verifier_digests() {
    // Design section 4
    let house = House::new().await;
    let (auditor, verifier) = (house.key_of("auditor").await, house.key_of("verifier").await);
    let mut plain = Watching::begin(&house, &auditor, None, None).await;
    let mut keyed = Watching::begin(&house, &verifier, None, None).await;
    let hello = plain.next().await.unwrap();
    assert_eq!((hello.0.as_str(), &hello.2["ids"]), ("hello", &json!("plain")));
    assert_eq!(keyed.next().await.unwrap().2["ids"], "digests");
    let at = revoke(&house, "alice").await;
    let (_, id, shown) = plain.entry().await;
    assert_eq!((id, &shown["target"]["id"]), (at.to_string(), &json!("alice")));
    let (_, id, shown) = keyed.entry().await;
    assert_eq!((id, &shown["target"]["type"]), (at.to_string(), &json!("subject")));
    assert_eq!(text(&shown["target"]["digest"]).len(), 32);
    assert!(!shown.to_string().contains("alice"), "{shown}");
}

#[tokio::test]
async fn whoever_comes_back_goes_on_after_the_last_event() {
    let house = House::new().await;
    let key = house.key_of("auditor").await;
    let first = revoke(&house, "alice").await;
    let second = revoke(&house, "bob").await;
    let mut from_start = Watching::begin(&house, &key, Some(0), None).await;
    assert_eq!(from_start.entry().await.1, first.to_string());
    let mut resumed = Watching::begin(&house, &key, Some(0), Some(&first.to_string())).await;
    assert_eq!(resumed.entry().await.1, second.to_string());
    // A position of another log: there is nothing to wait for up there.
    let mut beyond = Watching::begin(&house, &key, None, Some(&Position::LAST.to_string())).await;
    assert_eq!(beyond.next().await.unwrap().2["after"], second);
}

#[tokio::test]
async fn a_stream_says_that_it_is_alive() {
    let house = House::new().await;
    let key = house.key_of("auditor").await;
    let at = revoke(&house, "alice").await;
    let mut watching = Watching::begin(&house, &key, None, None).await;
    assert_eq!(watching.next().await.unwrap().0, "hello");
    let (event, id, data) = watching.next().await.unwrap();
    assert_eq!((event.as_str(), id.as_str(), &data["head"]), ("heartbeat", "", &json!(at)));
}

#[tokio::test]
async fn a_stream_ends_with_its_credential_and_at_the_stop() {
    let house = House::new().await;
    let key = house.key_of("auditor").await;
    let mut watching = Watching::begin(&house, &key, None, None).await;
    let listed = house.get("/v1/credentials").admin().send().await.json();
    let id = text(&listed["items"][0]["id"]);
    assert_eq!(house.delete(&format!("/v1/credentials/{id}")).admin().send().await.status, 200);
    while watching.next().await.is_some() {}
    let mut watching = Watching::begin(&house, crate::house::ADMIN_KEY, None, None).await;
    tokio::join!(house.state.feed().close(PATIENCE), async { while watching.next().await.is_some() {} });
}

#[tokio::test]
async fn a_position_that_is_none_is_refused() {
    let house = House::new().await;
    for after in ["x", "-1", "9007199254740992", "1e3"] {
        let reply = house.get(&format!("/v1/feed?after={after}")).admin().send().await;
        assert_eq!(reply.status, 400, "{after}");
    }
}
