//! More clients, issuers or credentials than followers can be told of (`docs/feed-format.md`, "Trust").

use quash_authority::{ClientProfile, Role};
use quash_core::ids::{ClientId, CredentialId};
use quash_http::FeedLimits;
use quash_jose::digest::sha256;
use quash_storage::ports::{Act, CredentialStore as _, StoredCredential};
use quash_verify::feed::frame::ByeCode;
use quash_verify::feed::{Fault, MOST_TRUSTED};
use serde_json::json;

use super::client::{Client, serve};
use crate::house::{API, House, START, settings, text};

/// Puts credentials into the store that may introspect, as an earlier version let administrators make them.
async fn put_credentials(house: &House, count: usize) {
    for number in 0..count {
        let credential = StoredCredential {
            id: CredentialId::new(format!("cred_{number}")).unwrap(),
            name: "an old one".into(),
            digest: sha256(&number.to_be_bytes()),
            roles: vec![Role::Verifier],
            client: None,
            created_at: START,
        };
        house.store.put_credential(credential, Act::of_system(START, "test")).await.unwrap();
    }
    house.authority.maintain().await.unwrap();
}

#[tokio::test]
async fn a_configuration_that_followers_can_not_be_told_of_does_not_start() {
    let client = |id: String| ClientProfile::confidential(ClientId::new(id).unwrap(), API, [7; 32]);
    let with = |clients| House::start(quash_authority::Settings { clients, ..settings() }, Vec::new());
    let many = (0..=MOST_TRUSTED).map(|number| client(format!("c{number}"))).collect();
    let refused = with(many).await.err().unwrap().to_string();
    let expected = "the clients and issuers are too many: verifiers can be told of at most 4096 confidential \
                    clients, and there would be 4097";
    assert_eq!(refused, expected);

    // By its bytes: a message has room for a mebibyte.
    let long = (0..MOST_TRUSTED).map(|number| client(format!("c{number:0>255}"))).collect();
    let refused = with(long).await.err().unwrap().to_string();
    assert!(refused.contains("at most 1047552 bytes of issuers, credentials and clients"), "{refused}");
}

#[tokio::test]
async fn a_credential_that_followers_can_not_be_told_of_is_not_made() {
    let house = House::new().await;
    put_credentials(&house, MOST_TRUSTED - 1).await;
    let make = async |role: &str| {
        let body = json!({ "name": role, "roles": [role] });
        house.post("/v1/credentials").admin().json(&body).send().await
    };
    let last = make("verifier").await;
    assert_eq!(last.status, 201);
    let refused = make("verifier").await;
    assert_eq!((refused.status, refused.reason().as_str()), (409, "too_many_credentials"));
    let expected = "verifiers can be told of at most 4096 credentials that may introspect, and there would be \
                    4097; nothing is done";
    assert_eq!(text(&refused.json()["detail"]), expected);
    assert_eq!(make("issuer").await.status, 201, "nobody is told of one that may not introspect");
    let id = text(&last.json()["id"]);
    assert_eq!(house.delete(&format!("/v1/credentials/{id}")).admin().send().await.status, 200);
    assert_eq!(make("verifier").await.status, 201);
}

#[tokio::test]
async fn whoever_can_not_be_told_whom_to_trust_is_sent_away_and_the_others_keep_what_they_were_told() {
    let house = House::new().await;
    let key = house.key_of("verifier").await;
    let mut old = Client::new(1);
    let before = serve(&house, FeedLimits::default()).await;
    old.connect(&before, &key).await.unwrap();
    old.until(|client| client.follower.is_following() && client.gauge.is_complete()).await;
    let (told, _) = old.follower.trust().unwrap();
    old.disconnect();

    // An upgrade: the store holds more than is let in today.
    put_credentials(&house, MOST_TRUSTED).await;
    let served = serve(&house, FeedLimits::default()).await;
    old.connect(&served, &key).await.unwrap();
    old.until(|client| client.follower.is_following() && client.gauge.fresh_as_of().is_some()).await;
    assert_eq!(old.follower.trust().unwrap().0, told);

    let mut new = Client::new(2);
    new.connect(&served, &key).await.unwrap();
    assert_eq!(new.until_sent_away().await, ByeCode::Busy);
    let Some(Fault::Bye { text, .. }) = &new.ended_by else { panic!("{:?}", new.ended_by) };
    assert!(text.contains("at most 4096 credentials that may introspect, and there are 4097"), "{text}");

    assert_eq!(house.delete("/v1/credentials/cred_0").admin().send().await.status, 200);
    new.connect(&served, &key).await.unwrap();
    new.until(|client| client.gauge.is_complete()).await;
    old.until(|client| client.follower.trust().unwrap().0 > told).await;
}
