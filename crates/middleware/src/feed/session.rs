//! One connection to a server, and what the follower wants done about it.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use quash_verify::feed::{Action, Broken};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::{self, Message};

use super::connect::Socket;
use super::local_file::Done;
use super::running::Running;
use super::subtree::Subtree;
use crate::clock::system_clock;
use crate::uptime::system_uptime;

/// How long a server may take none of what is sent to it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a connection is over.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("the server closed the connection")]
    Closed,
    #[error("the connection broke: {0}")]
    Socket(#[source] Box<tungstenite::Error>),
    #[error("the server takes nothing")]
    Stalled,
    #[error("the server sent text, where binary messages are expected")]
    Text,
}

impl Ended {
    /// At least how long the server wants to be left alone.
    pub(super) fn retry_after(&self) -> Duration {
        if let Self::Broken(broken) = self { broken.retry_after } else { Duration::ZERO }
    }
}

impl Running {
    /// Follows on `socket` until it is over. Whether it got to where entries follow one another, and how it ended.
    pub(super) async fn follow_on(&mut self, mut socket: Socket) -> (bool, Ended) {
        let mut got_there = false;
        let hello = self.follower.connect(system_uptime());
        let mut outcome = send(&mut socket, hello).await;
        while outcome.is_ok() {
            outcome = self.turn(&mut socket).await;
            got_there |= self.follower.is_following();
            self.tell();
        }
        self.follower.disconnected(system_uptime());
        // What was still to be done about the file is done without a connection.
        self.perform(None).await;
        self.tell();
        (got_there, outcome.err().unwrap_or(Ended::Closed))
    }

    /// Does what is to be done, then waits for the next thing that happens.
    async fn turn(&mut self, socket: &mut Socket) -> Result<(), Ended> {
        if let Some(ended) = self.perform(Some(socket)).await {
            return Err(ended);
        }
        if self.compacting {
            // INVARIANT: nothing is stored while the file is written anew.
            let done = self.file.done().await;
            self.take_done(done);
            return Ok(());
        }
        let wake_at = self.follower.wake_at().unwrap_or_else(system_uptime);
        let until_tick = wake_at.since(system_uptime());
        let subtree = self.subtree.clone();
        // INVARIANT: whichever is ready has its turn, by chance: a server that never stops talking, and be it in pings of
        // WebSocket, keeps off no ping of ours.
        tokio::select! {
            done = self.file.done() => {
                self.take_done(done);
                Ok(())
            }
            // While the disk is behind, what comes in waits in the socket.
            message = socket.next(), if self.file.has_room() => self.hear(message),
            () = changed(subtree.as_ref()) => {
                self.take_subtree();
                Ok(())
            }
            () = sleep(until_tick) => self.tick().await,
        }
    }

    async fn tick(&mut self) -> Result<(), Ended> {
        self.take_subtree();
        self.follower.tick(system_uptime())?;
        if self.is_compaction_due() {
            self.file.compact(system_clock()).await;
        }
        Ok(())
    }

    fn hear(&mut self, message: Option<Result<Message, tungstenite::Error>>) -> Result<(), Ended> {
        match message {
            Some(Ok(Message::Binary(bytes))) => {
                Ok(self.follower.receive(&bytes, system_uptime(), system_clock())?)
            }
            Some(Ok(Message::Text(_))) => Err(Ended::Text),
            // The library answers these by itself.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(()),
            Some(Ok(Message::Close(_))) | None => Err(Ended::Closed),
            Some(Err(error)) => Err(Ended::Socket(Box::new(error))),
        }
    }

    pub(super) fn take_done(&mut self, done: Done) {
        match done {
            Done::Stored(ticket) => {
                // INVARIANT: the lowest of the followers below is read before every acknowledgement. One that is
                // given its lease later gets a head that is at least what is acknowledged now.
                self.take_subtree();
                self.follower.stored(ticket);
            }
            Done::Read(bytes) => {
                if let Err(error) = self.follower.read_back(&bytes, system_clock()) {
                    tracing::warn!(%error, "the local file does not tell what the log lost");
                }
            }
            Done::Compacted(compacted) => {
                self.compacting = false;
                self.follower.compacted(&compacted);
            }
            Done::NotCompacted => self.compacting = false,
            Done::Joined => {}
        }
    }

    /// Does all that the follower wants done. What it wants sent is dropped without a socket.
    pub(super) async fn perform(&mut self, mut socket: Option<&mut Socket>) -> Option<Ended> {
        while let Some(action) = self.follower.next_action() {
            match action {
                Action::Send(message) => {
                    let Some(socket) = socket.as_deref_mut() else { continue };
                    if let Err(ended) = send(socket, message).await {
                        return Some(ended);
                    }
                }
                Action::Store(piece, ticket) => self.file.store(piece, ticket).await,
                Action::ReadBack => self.file.read_back().await,
                Action::Alarm(alarm) => self.raise(alarm),
                Action::Learned(_) => self.tell_trust(),
                // What this version does not know it can not do.
                _ => {}
            }
        }
        None
    }
}

/// Returns when the subtree may have changed; never without one.
async fn changed(subtree: Option<&Subtree>) {
    match subtree {
        Some(subtree) => subtree.changed().await,
        None => std::future::pending().await,
    }
}

async fn send(socket: &mut Socket, message: Vec<u8>) -> Result<(), Ended> {
    match timeout(WRITE_TIMEOUT, socket.send(Message::Binary(message.into()))).await {
        Ok(sent) => sent.map_err(|error| Ended::Socket(Box::new(error))),
        Err(_) => Err(Ended::Stalled),
    }
}
