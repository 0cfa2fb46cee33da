//! The task that follows: from one server to the next, for as long as somebody holds the feed.

use std::sync::Arc;
use std::time::Duration;

use quash_verify::Gauge;
use quash_verify::feed::{Alarm, Backoff, Follower};
use rustls::ClientConfig;
use tokio::sync::{broadcast, watch};
use tokio::time::sleep;

use super::address::Address;
use super::alarm::FeedAlarm;
use super::connect;
use super::key::ServiceKey;
use super::local_file::LocalFile;
use super::random::Random;
use super::status::{FeedStatus, LearnedTrust};
use super::subtree::Subtree;
use crate::clock::system_clock;

/// Whom to follow, and as whom.
pub(super) struct Servers {
    pub(super) addresses: Vec<Address>,
    pub(super) key: ServiceKey,
    pub(super) tls: Arc<ClientConfig>,
}

/// A follower at work.
pub(super) struct Running {
    pub(super) servers: Servers,
    pub(super) follower: Follower,
    pub(super) gauge: Arc<Gauge>,
    pub(super) file: LocalFile,
    pub(super) compacting: bool,
    pub(super) subtree: Option<Subtree>,
    pub(super) status: watch::Sender<FeedStatus>,
    pub(super) trust: watch::Sender<Option<LearnedTrust>>,
    pub(super) alarms: broadcast::Sender<FeedAlarm>,
    pub(super) random: Random,
    /// Which address is connected.
    pub(super) connected_to: Option<Address>,
    /// How many connections were opened.
    pub(super) connections: u64,
}

impl Running {
    /// Follows without end.
    pub(super) async fn run(mut self) {
        self.perform(None).await;
        self.tell_trust();
        self.tell();
        let mut backoff = Backoff::new();
        // How many addresses were tried since the last wait, or the last success.
        let mut tried = 0;
        for address in self.servers.addresses.clone().iter().cycle() {
            let (got_there, retry_after) = self.follow_at(address).await;
            if got_there {
                backoff.succeeded();
                tried = 0;
            }
            tried += 1;
            // Another one may serve at once; whoever was tried already is given time.
            if tried >= self.servers.addresses.len() {
                tried = 0;
                let wait = backoff.wait(self.random.number()).max(retry_after);
                self.keep_house(wait).await;
            }
        }
    }

    async fn follow_at(&mut self, address: &Address) -> (bool, Duration) {
        match connect::open(address, &self.servers.key, &self.servers.tls).await {
            Ok(socket) => {
                tracing::info!(server = %address, "connected to the feed");
                self.connected_to = Some(address.clone());
                self.connections += 1;
                let (got_there, ended) = self.follow_on(socket).await;
                tracing::warn!(server = %address, %ended, "the feed was interrupted");
                self.connected_to = None;
                self.tell();
                (got_there, ended.retry_after())
            }
            Err(error) => {
                tracing::warn!(server = %address, %error, "the feed can not be followed");
                (false, Duration::ZERO)
            }
        }
    }

    /// Waits, and hears meanwhile what became of the file.
    async fn keep_house(&mut self, wait: Duration) {
        let mut waiting = std::pin::pin!(sleep(wait));
        loop {
            tokio::select! {
                done = self.file.done() => self.take_done(done),
                () = &mut waiting => return,
            }
        }
    }

    pub(super) fn is_compaction_due(&mut self) -> bool {
        let due = !self.compacting && self.follower.wants_compaction(system_clock());
        self.compacting |= due;
        due
    }

    pub(super) fn take_subtree(&mut self) {
        if let Some(subtree) = &self.subtree {
            self.follower.subtree(subtree.lowest());
        }
    }

    pub(super) fn raise(&self, alarm: Alarm) {
        FeedAlarm::from(alarm).raise(&self.alarms);
    }

    pub(super) fn tell_trust(&self) {
        if let Some((version, document)) = self.follower.trust() {
            self.trust.send_replace(Some(LearnedTrust { version, document }));
        }
    }

    /// Tells how things stand, if that changed.
    pub(super) fn tell(&self) {
        let as_of = self.gauge.fresh_as_of();
        let (connected_to, connections) = (self.connected_to.as_ref(), self.connections);
        self.status
            .send_if_modified(|status| status.update(&self.follower, connected_to, connections, as_of));
    }
}
