//! How a followed connection ends.

use std::time::Duration;

use quash_http::FeedLimits;
use quash_verify::feed::frame::ByeCode;
use tokio::time::sleep;

use super::client::{Client, PATIENCE, serve};
use crate::house::{House, text};

#[tokio::test]
async fn a_feed_ends_with_its_credential() {
    // Attack row 37
    let house = House::new().await;
    let served = serve(&house, FeedLimits::default()).await;
    let key = house.key_of("verifier").await;
    let mut client = Client::new(1);
    client.connect(&served, &key).await.unwrap();
    client.until(|client| client.follower.is_following()).await;
    let listed = house.get("/v1/credentials").admin().send().await.json();
    let id = text(&listed["items"][0]["id"]);
    assert_eq!(house.delete(&format!("/v1/credentials/{id}")).admin().send().await.status, 200);
    assert_eq!(client.until_sent_away().await, ByeCode::Forbidden);
}

#[tokio::test]
async fn at_the_stop_everybody_is_sent_elsewhere_and_nobody_is_let_in() {
    let house = House::new().await;
    let served = serve(&house, FeedLimits::default()).await;
    let key = house.key_of("verifier").await;
    let mut client = Client::new(1);
    client.connect(&served, &key).await.unwrap();
    client.until(|client| client.follower.is_following()).await;
    let (code, ()) = tokio::join!(client.until_sent_away(), served.state.feed().close(PATIENCE));
    assert_eq!(code, ByeCode::GoingAway);
    assert_eq!(served.state.feed().followers(), 0);
    assert_eq!(Client::new(2).connect(&served, &key).await, Err(503));
}

#[tokio::test]
async fn a_follower_that_says_nothing_is_sent_away() {
    let house = House::new().await;
    let served = serve(&house, FeedLimits::default()).await;
    let key = house.key_of("verifier").await;
    let mut client = Client::new(1);
    client.connect(&served, &key).await.unwrap();
    client.until(|client| client.follower.is_following()).await;
    // By the clock of the house, which stands still unless it is told. A ping may still be on its way at first.
    let time_goes_by = async {
        loop {
            house.uptime.advance(FeedLimits::default().publication.silence);
            sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        code = client.silent_until_sent_away() => assert_eq!(code, ByeCode::Silent),
        () = time_goes_by => {}
    }
}
