//! What is told of a feed that is served.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::page::Page;
use crate::feed::FeedDoor;

/// Reads what the door to a feed counts.
#[derive(Debug)]
pub(super) struct FeedFigures(pub(super) FeedDoor);

impl Collector for FeedFigures {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        let counts = self.0.counts();
        page.gauge("feed_followers", "Followers of the feed with a connection", self.0.followers() as f64)?;
        page.counter("feed_snapshots", "Snapshots that followers were sent", counts.snapshots())?;
        let dropped = "Followers that were dropped for taking or saying nothing, by cause";
        page.counters("feed_followers_dropped", dropped, "cause", &counts.dropped())?;
        let held = "Reports of followers that they hold records which the log does not know";
        page.counter("feed_held_reports", held, counts.held())
    }
}
