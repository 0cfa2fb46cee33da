//! What the metrics say of a feed that is served (docs/operations.md, "Metrics of the feed").

use std::time::Duration;

use quash_http::FeedLimits;
use quash_storage::ports::RevocationLog as _;
use quash_verify::feed::Limits;
use quash_verify::feed::frame::{ByeCode, Held, ToServer};
use serde_json::json;
use tokio::time::sleep;

use super::client::{Client, PATIENCE, serve_on};
use super::stuck::{small_sockets, stuck};
use crate::house::{Call, House};

const FAMILIES: [&str; 4] = [
    "quash_feed_followers gauge",
    "quash_feed_snapshots counter",
    "quash_feed_followers_dropped counter",
    "quash_feed_held_reports counter",
];

/// The lines about the feed, without their prefix.
async fn figures(call: Call) -> Vec<String> {
    let page = call.send().await.text().to_owned();
    for family in FAMILIES {
        let told = page.lines().filter(|line| *line == format!("# TYPE {family}")).count();
        assert_eq!(told, 1, "{family} in:\n{page}");
    }
    let figures = page.lines().filter_map(|line| line.strip_prefix("quash_feed_"));
    figures.map(str::to_owned).collect()
}

fn expected(followers: u32, snapshots: u32, stalled: u32, silent: u32, held: u32) -> [String; 5] {
    [
        format!("followers {followers}.0"),
        format!("snapshots_total {snapshots}"),
        format!("followers_dropped_total{{cause=\"stalled\"}} {stalled}"),
        format!("followers_dropped_total{{cause=\"silent\"}} {silent}"),
        format!("held_reports_total {held}"),
    ]
}

#[tokio::test]
async fn followers_snapshots_drops_and_reports_are_counted() {
    let house = House::new().await;
    let key = house.key_of("verifier").await;
    let publication = Limits { page: 16, ..Limits::default() };
    let limits =
        FeedLimits { write_timeout: Duration::from_millis(200), publication, ..FeedLimits::default() };
    let served = serve_on(small_sockets(), &house, limits);
    let shown = || Call::new(quash_http::router(served.state.clone()), "GET", "/metrics").admin();
    let until_shown = async |expected: [String; 5]| {
        let mut last = Vec::new();
        for _ in 0..PATIENCE.as_millis() / 10 {
            last = figures(shown()).await;
            if last == expected {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("{last:?} is not {expected:?}");
    };
    until_shown(expected(0, 0, 0, 0, 0)).await;

    let mut client = Client::new(1);
    client.connect(&served, &key).await.unwrap();
    client.until(|client| client.gauge.is_complete()).await;
    until_shown(expected(1, 1, 0, 0, 0)).await;

    let log_key = client.verifier.log_key().unwrap();
    client.send(ToServer::Held(Held { batch: &[] }).encode(&log_key)).await;
    until_shown(expected(1, 1, 0, 0, 1)).await;

    let time_goes_by = async {
        loop {
            house.uptime.advance(publication.silence);
            sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        code = client.silent_until_sent_away() => assert_eq!(code, ByeCode::Silent),
        () = time_goes_by => {}
    }
    until_shown(expected(0, 1, 0, 1, 1)).await;

    client.connect(&served, &key).await.unwrap();
    client.until(|client| client.follower.is_following()).await;
    until_shown(expected(1, 1, 0, 1, 1)).await;
    client.disconnect();
    until_shown(expected(0, 1, 0, 1, 1)).await;

    let url = format!("ws://{}/v1/feed/ws", served.address);
    let _stuck = stuck(&url, &key, &house.store.identity().await.unwrap().key).await;
    until_shown(expected(1, 2, 0, 1, 1)).await;
    for number in 0..1_500 {
        house.revoke(json!({ "target": { "type": "subject", "id": format!("user-{number}") } })).await;
    }
    until_shown(expected(0, 2, 1, 1, 1)).await;
}
