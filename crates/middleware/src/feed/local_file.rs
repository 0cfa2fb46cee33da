//! The local file, written on a thread of its own: the disk never holds up the connection.
//!
//! INVARIANT: a ticket comes back after its piece, and every piece before it, is durable. Where the disk fails for
//! good the file is given up, as if there had never been one: what a start then lacks it does not answer from.

use std::io;
use std::time::Duration;

use quash_core::time::Timestamp;
use quash_verify::feed::state_file::{Compacted, compact};
use quash_verify::feed::{Piece, StoreTicket};
use tokio::sync::{broadcast, mpsc};

use super::alarm::FeedAlarm;
use super::state_directory::StateDirectory;

/// How many pieces may wait for the disk before the connection waits for it, too: a message each.
const QUEUE: usize = 64;
/// How often a write is tried before the file is given up.
const ATTEMPTS: usize = 3;
/// How long the disk has in between.
const PAUSE: Duration = Duration::from_millis(100);

/// Something to do with the file.
#[derive(Debug)]
enum Order {
    Store(Piece, StoreTicket),
    ReadBack,
    Compact(Timestamp),
}

/// Something that was done.
#[derive(Debug)]
pub(super) enum Done {
    /// Everything up to this ticket is durable.
    Stored(StoreTicket),
    /// What the file holds.
    Read(Vec<u8>),
    /// The file was written anew, without what is over.
    Compacted(Compacted),
    /// It was not.
    NotCompacted,
    /// A piece is stored together with the next one.
    Joined,
}

/// The way to the thread.
#[derive(Debug)]
pub(super) struct LocalFile {
    orders: mpsc::Sender<Order>,
    done: mpsc::Receiver<Done>,
    asked: usize,
}

impl LocalFile {
    /// Starts the thread; it ends when this is dropped. Without a directory nothing is kept.
    pub(super) fn start(directory: Option<StateDirectory>, alarms: broadcast::Sender<FeedAlarm>) -> Self {
        let (orders, received) = mpsc::channel(QUEUE);
        // As many as can be asked for before anybody listens: telling what was done never waits.
        let (tell, done) = mpsc::channel(2 * QUEUE);
        tokio::task::spawn_blocking(move || Keeper { directory, alarms, tell }.work(received));
        Self { orders, done, asked: 0 }
    }

    /// Whether one more order can be given without waiting for the disk.
    pub(super) const fn has_room(&self) -> bool {
        self.asked < QUEUE
    }

    pub(super) async fn store(&mut self, piece: Piece, ticket: StoreTicket) {
        self.order(Order::Store(piece, ticket)).await;
    }

    pub(super) async fn read_back(&mut self) {
        self.order(Order::ReadBack).await;
    }

    pub(super) async fn compact(&mut self, now: Timestamp) {
        self.order(Order::Compact(now)).await;
    }

    async fn order(&mut self, order: Order) {
        // The thread ends after this does, so it is there to hear.
        if self.orders.send(order).await.is_ok() {
            self.asked += 1;
        }
    }

    /// The next thing that was done; waits as long as nothing was asked for.
    pub(super) async fn done(&mut self) -> Done {
        match self.done.recv().await {
            Some(done) => {
                self.asked = self.asked.saturating_sub(1);
                done
            }
            None => std::future::pending().await,
        }
    }
}

/// What the thread works with.
struct Keeper {
    directory: Option<StateDirectory>,
    alarms: broadcast::Sender<FeedAlarm>,
    tell: mpsc::Sender<Done>,
}

impl Keeper {
    fn work(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut next = None;
        while let Some(order) = next.take().or_else(|| orders.blocking_recv()) {
            let done = match order {
                Order::Store(piece, ticket) => {
                    self.write(&piece);
                    let mut last = ticket;
                    // One sync for all that came meanwhile.
                    while let Ok(order) = orders.try_recv() {
                        let Order::Store(piece, ticket) = order else {
                            next = Some(order);
                            break;
                        };
                        self.write(&piece);
                        if self.tell.blocking_send(Done::Joined).is_err() {
                            return;
                        }
                        last = ticket;
                    }
                    self.once(|directory| directory.sync());
                    Done::Stored(last)
                }
                Order::ReadBack => Done::Read(self.read()),
                Order::Compact(now) => self.compact(now).map_or(Done::NotCompacted, Done::Compacted),
            };
            if self.tell.blocking_send(done).is_err() {
                return;
            }
        }
    }

    fn write(&mut self, piece: &Piece) {
        match piece {
            Piece::Begin(bytes) => self.attempt(|directory| directory.begin(bytes)),
            Piece::Append(bytes) => self.attempt(|directory| directory.append(bytes)),
        }
    }

    fn read(&mut self) -> Vec<u8> {
        let read = self.directory.as_ref().map(StateDirectory::read);
        match read {
            Some(Ok(Some(bytes))) => bytes,
            Some(Err(error)) => {
                tracing::warn!(%error, "the local file can not be read");
                Vec::new()
            }
            None | Some(Ok(None)) => Vec::new(),
        }
    }

    fn compact(&mut self, now: Timestamp) -> Option<Compacted> {
        let compacted = compact(&self.read(), now).ok()?;
        self.attempt(|directory| directory.begin(&compacted.bytes));
        self.directory.as_ref().map(|_| compacted)
    }

    /// Does `work` on the directory, again if it fails, and gives the file up if it goes on failing.
    fn attempt(&mut self, mut work: impl FnMut(&mut StateDirectory) -> io::Result<()>) {
        let Some(directory) = &mut self.directory else { return };
        for _ in 1..ATTEMPTS {
            if work(directory).is_ok() {
                return;
            }
            std::thread::sleep(PAUSE);
        }
        self.once(work);
    }

    /// Does `work` on the directory, and gives the file up if it fails. A sync that failed is not repeated: the system
    /// may have dropped what was to be written, and call the next one a success.
    fn once(&mut self, mut work: impl FnMut(&mut StateDirectory) -> io::Result<()>) {
        let Some(directory) = &mut self.directory else { return };
        if let Err(error) = work(directory) {
            directory.abandon();
            self.directory = None;
            FeedAlarm::StateGivenUp { error: error.to_string().into() }.raise(&self.alarms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sync_that_failed_is_not_tried_until_it_says_otherwise() {
        // I3: what the system dropped once, a second sync calls written.
        let place = tempfile::tempdir().unwrap();
        let (alarms, mut heard) = broadcast::channel(1);
        let (tell, _done) = mpsc::channel(1);
        let directory = StateDirectory::open(place.path()).unwrap();
        let mut keeper = Keeper { directory: Some(directory), alarms, tell };
        let mut tries = 0;
        keeper.once(|_| {
            tries += 1;
            if tries == 1 { Err(io::ErrorKind::Other.into()) } else { Ok(()) }
        });
        assert_eq!(tries, 1);
        assert!(keeper.directory.is_none(), "the file is given up");
        assert!(matches!(heard.try_recv(), Ok(FeedAlarm::StateGivenUp { .. })));
    }
}
