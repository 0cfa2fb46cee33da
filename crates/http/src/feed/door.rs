//! Where followers come in: how many, and until when.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::response::Response;
use quash_verify::feed::Limits;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use super::connection;
use super::counts::FeedCounts;
use super::source::FeedSource;

/// The largest message that is taken from a follower: one batch of records.
const LARGEST_MESSAGE: usize = 1 << 20;
/// How much is read from a socket at once. A follower says little.
const READ_BUFFER: usize = 4 << 10;

/// How much may wait for a socket: our longest message, and the answers to pings of WebSocket, which the library makes
/// by itself, for whoever sends those and reads nothing.
const WRITE_BUFFER: usize = 2 << 20;

/// What the feed may take up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedLimits {
    /// The most followers at once; one more is told to come back. The same bound holds for streams of JSON.
    pub most_followers: usize,
    /// How long a follower may take none of what is sent to it.
    pub write_timeout: Duration,
    /// How each follower is dealt with.
    pub publication: Limits,
}

impl Default for FeedLimits {
    /// 4,096 followers, 5 s.
    fn default() -> Self {
        let write_timeout = Duration::from_secs(5);
        Self { most_followers: 4096, write_timeout, publication: Limits::default() }
    }
}

/// There are as many followers as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// Where followers come in. Cheap to clone.
#[derive(Clone)]
pub struct FeedDoor(Arc<Shared>);

struct Shared {
    limits: FeedLimits,
    places: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    closing: watch::Sender<bool>,
    counts: FeedCounts,
}

impl FeedDoor {
    /// An open door.
    pub fn new(limits: FeedLimits) -> Self {
        let places = || Arc::new(Semaphore::new(limits.most_followers.min(Semaphore::MAX_PERMITS)));
        let closing = watch::Sender::new(false);
        let counts = FeedCounts::default();
        Self(Arc::new(Shared { limits, places: places(), streams: places(), closing, counts }))
    }

    /// Serves `source` to a follower whose credential was checked, on the connection of its request.
    ///
    /// # Errors
    /// [`Full`]; also once the door is closed.
    pub fn upgrade(
        &self,
        request: WebSocketUpgrade,
        source: impl FeedSource + 'static,
    ) -> Result<Response, Full> {
        let place = self.place(&self.0.places)?;
        let door = self.clone();
        let upgrade = request
            .max_message_size(LARGEST_MESSAGE)
            .max_frame_size(LARGEST_MESSAGE)
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(WRITE_BUFFER);
        Ok(upgrade.on_upgrade(async move |socket: WebSocket| {
            connection::serve(socket, &source, &door).await;
            drop(place);
        }))
    }

    /// A place for a stream of JSON, held until it is dropped.
    pub(crate) fn stream(&self) -> Result<OwnedSemaphorePermit, Full> {
        self.place(&self.0.streams)
    }

    /// Becomes true once the door is closed.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }

    /// What may be taken up.
    pub(super) fn limits(&self) -> FeedLimits {
        self.0.limits
    }

    /// What became of followers.
    pub(crate) fn counts(&self) -> &FeedCounts {
        &self.0.counts
    }

    /// How many followers are connected.
    pub fn followers(&self) -> usize {
        let most = self.0.limits.most_followers.min(Semaphore::MAX_PERMITS);
        most.saturating_sub(self.0.places.available_permits())
    }

    /// Lets nobody in any more, tells everybody who is here to go elsewhere, and returns once they are gone, or after
    /// `patience`.
    pub async fn close(&self, patience: Duration) {
        self.0.closing.send_replace(true);
        // Too late: they are cut with the process.
        let _ = timeout(patience, self.0.closing.closed()).await;
    }

    fn place(&self, places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Full> {
        let place = Arc::clone(places).try_acquire_owned().map_err(|_| Full)?;
        if *self.0.closing.borrow() { Err(Full) } else { Ok(place) }
    }
}

impl std::fmt::Debug for FeedDoor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FeedDoor").field("followers", &self.followers()).finish_non_exhaustive()
    }
}
