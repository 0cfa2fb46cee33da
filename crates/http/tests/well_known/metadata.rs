//! `GET /.well-known/oauth-authorization-server`

use insta::assert_json_snapshot;
use quash_core::ids::Issuer;

use crate::house::{House, settings};

const URI: &str = "/.well-known/oauth-authorization-server";

#[tokio::test]
async fn the_metadata_name_the_exact_issuer_and_every_endpoint() {
    // RFC 8414 section 2
    let house = House::new().await;
    let reply = house.get(URI).send().await;
    assert_eq!(reply.status, 200);
    assert_json_snapshot!(reply.json());
    let nowhere = house.get(&format!("{URI}/tenant")).send().await;
    assert_eq!((nowhere.status, nowhere.reason().as_str()), (404, "not_found"));
}

#[tokio::test]
async fn an_issuer_with_a_path_has_its_metadata_behind_the_well_known_path() {
    // RFC 8414 section 3.1
    let mut settings = settings();
    settings.issuer = Issuer::new("https://auth.example/tenant/one").unwrap();
    let house = House::with(settings, Vec::new()).await;
    let reply = house.get(&format!("{URI}/tenant/one")).send().await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["issuer"], "https://auth.example/tenant/one");
    assert_eq!(reply.json()["token_endpoint"], "https://auth.example/tenant/one/oauth/token");
    assert_eq!(house.get(&format!("{URI}/tenant/two")).send().await.status, 404);
}
