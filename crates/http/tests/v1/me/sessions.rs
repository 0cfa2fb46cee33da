//! `/v1/me/sessions`

use insta::assert_json_snapshot;
use serde_json::json;

use crate::house::{House, text};

const URI: &str = "/v1/me/sessions";

#[tokio::test]
async fn a_user_sees_their_own_live_sessions_and_which_one_asks() {
    // S31
    let house = House::new().await;
    let (one, _two) = (house.sign_in("alice").await, house.sign_in("alice").await);
    house.sign_in("bob").await;
    let reply = house.get(URI).bearer(&text(&one["access_token"])).send().await;
    assert_eq!(reply.status, 200);
    assert_json_snapshot!(reply.json());
}

#[tokio::test]
async fn a_user_ends_one_of_their_sessions() {
    // S32
    let house = House::new().await;
    let (one, two) = (house.sign_in("alice").await, house.sign_in("alice").await);
    let uri = format!("{URI}/{}", text(&two["session_id"]));
    let reply = house.delete(&uri).bearer(&text(&one["access_token"])).send().await;
    assert_eq!(reply.status, 200);
    let refused = house.get("/auth/check").bearer(&text(&two["access_token"])).send().await;
    assert_eq!((refused.status, refused.reason().as_str()), (401, "kicked"));
    assert_eq!(house.check(&text(&one["access_token"])).await, 200);
}

#[tokio::test]
async fn nobody_ends_a_session_of_somebody_else() {
    // attack row 37: no answer tells whether such a session exists.
    let house = House::new().await;
    let (alice, bob) = (house.sign_in("alice").await, house.sign_in("bob").await);
    for id in [text(&bob["session_id"]), "ses_0".to_owned()] {
        let reply = house.delete(&format!("{URI}/{id}")).bearer(&text(&alice["access_token"])).send().await;
        assert_eq!((reply.status, reply.reason().as_str()), (404, "not_found"));
    }
    assert_eq!(house.check(&text(&bob["access_token"])).await, 200);
}

#[tokio::test]
async fn a_user_ends_all_sessions_but_this_one() {
    // S14: one entry that spares the session that asks.
    let house = House::new().await;
    let (one, two, bob) =
        (house.sign_in("alice").await, house.sign_in("alice").await, house.sign_in("bob").await);
    let reply =
        house.delete(&format!("{URI}?except=current")).bearer(&text(&one["access_token"])).send().await;
    assert_eq!(reply.status, 200);
    for (reply, status) in [(&one, 200), (&two, 401), (&bob, 200)] {
        assert_eq!(house.check(&text(&reply["access_token"])).await, status);
    }
}

#[tokio::test]
async fn a_user_ends_all_sessions() {
    // S14, S31
    let house = House::new().await;
    let (one, two, bob) =
        (house.sign_in("alice").await, house.sign_in("alice").await, house.sign_in("bob").await);
    let reply = house.delete(&format!("{URI}?except=none")).bearer(&text(&one["access_token"])).send().await;
    assert_eq!(reply.status, 200);
    for (reply, status) in [(&one, 401), (&two, 401), (&bob, 200)] {
        assert_eq!(house.check(&text(&reply["access_token"])).await, status);
    }
}

#[tokio::test]
async fn ending_all_sessions_has_to_say_which_one_is_spared() {
    let house = House::new().await;
    let token = text(&house.sign_in("alice").await["access_token"]);
    for (query, reason) in
        [("", "missing_field"), ("?except=others", "invalid_field"), ("?all=1", "unknown_field")]
    {
        let reply = house.delete(&format!("{URI}{query}")).bearer(&token).send().await;
        assert_eq!((reply.status, reply.reason().as_str()), (400, reason), "{query}");
    }
    assert_eq!(house.check(&token).await, 200);
}

#[tokio::test]
async fn without_a_users_own_token_nothing_is_shown() {
    let house = House::new().await;
    let reply = house.get(URI).send().await;
    assert_eq!((reply.status, reply.reason().as_str()), (401, "token_missing"));
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"quash\"");
    let reply = house.get(URI).admin().send().await;
    assert_eq!((reply.status, reply.reason().as_str()), (401, "invalid_token"));
    // A client's own token belongs to no user.
    let form = [("grant_type", "client_credentials")];
    let token = text(&house.post("/oauth/token").shop().form(&form).send().await.json()["access_token"]);
    let reply = house.get(URI).bearer(&token).send().await;
    assert_eq!(
        (reply.status, reply.json()["detail"].clone()),
        (403, json!("the credential may not act for a user"))
    );
}
