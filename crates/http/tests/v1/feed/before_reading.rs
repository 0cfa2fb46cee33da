//! A feed where something happens right before each page is read.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use quash_core::position::Position;
use quash_core::revocation::record::Record;
use quash_core::time::Uptime;
use quash_http::{FeedSource, FeedTrust, FollowerLease, NotServed, PageAnswer};
use quash_verify::feed::frame::Hello;
use quash_verify::feed::{Mismatch, Opening, Read};
use tokio::sync::watch;

/// `feed`, and what happens before each page of it is read.
#[derive(Clone)]
pub(super) struct BeforeReading<F> {
    pub(super) feed: F,
    pub(super) happens: Arc<dyn Fn() + Send + Sync>,
}

#[async_trait]
impl<F: FeedSource> FeedSource for BeforeReading<F> {
    fn is_allowed(&self) -> bool {
        self.feed.is_allowed()
    }

    fn uptime(&self) -> Uptime {
        self.feed.uptime()
    }

    fn heads(&self) -> watch::Receiver<Position> {
        self.feed.heads()
    }

    fn age(&self) -> Duration {
        self.feed.age()
    }

    fn generation(&self) -> u64 {
        self.feed.generation()
    }

    fn takes_unfenced(&self) -> bool {
        self.feed.takes_unfenced()
    }

    fn trust_changes(&self) -> watch::Receiver<u64> {
        self.feed.trust_changes()
    }

    fn trust(&self) -> Option<FeedTrust> {
        self.feed.trust()
    }

    async fn open(&self, hello: &Hello) -> Result<(Opening, Box<dyn FollowerLease>), NotServed> {
        self.feed.open(hello).await
    }

    fn mismatch(&self, name: &str, mismatch: Mismatch) {
        self.feed.mismatch(name, mismatch);
    }

    fn held(&self, name: &str, records: &[Record]) {
        self.feed.held(name, records);
    }

    async fn read(&self, read: Read) -> Result<PageAnswer, NotServed> {
        (self.happens)();
        self.feed.read(read).await
    }
}
