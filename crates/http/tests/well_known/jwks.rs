//! `GET /.well-known/jwks.json`

use crate::house::House;

const URI: &str = "/.well-known/jwks.json";

#[tokio::test]
async fn the_keys_are_public_ones_and_cacheable() {
    // RFC 7517 section 5
    let house = House::new().await;
    let reply = house.get(URI).send().await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control"), "public, max-age=300");
    let keys = reply.json()["keys"].clone();
    // The one that signs, and the one that will sign next.
    assert_eq!(keys.as_array().unwrap().len(), 2);
    assert_eq!((&keys[0]["alg"], &keys[0]["kty"]), (&"ES256".into(), &"EC".into()));
    assert!(keys[0].get("d").is_none(), "no private part");
}

#[tokio::test]
async fn whoever_holds_the_keys_is_not_sent_them_again_until_they_change() {
    // RFC 9110 section 13.1.2
    let house = House::new().await;
    let tag = house.get(URI).send().await.header("etag").to_owned();
    for held in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let reply = house.get(URI).header("if-none-match", &held).send().await;
        assert_eq!((reply.status, reply.text()), (304, ""), "{held}");
    }
    house.post("/v1/keys/rotate").admin().send().await;
    let reply = house.get(URI).header("if-none-match", &tag).send().await;
    assert_eq!(reply.status, 200);
    assert_ne!(reply.header("etag"), tag);
}
