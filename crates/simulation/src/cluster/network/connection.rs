//! One connection: two pipes that keep their order.

use std::collections::VecDeque;

use crate::cluster::node::NodeId;
use crate::cluster::tick::Tick;

/// How many frames a pipe takes before its sender has to wait.
const WINDOW: usize = 4;

/// An end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// Who opened it.
    Client,
    /// Who accepted it.
    Server,
}

impl End {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// What a connection carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Parcel {
    /// The connection itself.
    Open,
    /// A frame.
    Frame(Vec<u8>),
    /// The end of it.
    Close,
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    pub(super) flying: VecDeque<Parcel>,
    /// When the last of them arrives, if nothing holds it up.
    pub(super) arrives_at: Tick,
    /// How many were due while the link was cut.
    pub(super) stalled: usize,
}

#[derive(Debug)]
pub(super) struct Connection {
    client: NodeId,
    server: NodeId,
    to_client: Pipe,
    to_server: Pipe,
    client_left: bool,
    server_left: bool,
    refused: bool,
}

impl Connection {
    pub(super) fn new(client: NodeId, server: NodeId) -> Self {
        Self {
            client,
            server,
            to_client: Pipe::default(),
            to_server: Pipe::default(),
            client_left: false,
            server_left: false,
            refused: false,
        }
    }

    pub(super) const fn node(&self, end: End) -> NodeId {
        match end {
            End::Client => self.client,
            End::Server => self.server,
        }
    }

    /// From where to where that goes which goes to `to`.
    pub(super) const fn way(&self, to: End) -> (NodeId, NodeId) {
        (self.node(to.other()), self.node(to))
    }

    pub(super) const fn pipe(&mut self, to: End) -> &mut Pipe {
        match to {
            End::Client => &mut self.to_client,
            End::Server => &mut self.to_server,
        }
    }

    const fn pipe_ref(&self, to: End) -> &Pipe {
        match to {
            End::Client => &self.to_client,
            End::Server => &self.to_server,
        }
    }

    pub(super) fn has_room(&self, to: End) -> bool {
        self.pipe_ref(to).flying.len() < WINDOW
    }

    pub(super) const fn has_left(&self, end: End) -> bool {
        match end {
            End::Client => self.client_left,
            End::Server => self.server_left,
        }
    }

    /// Whether it was there until now.
    pub(super) const fn leave(&mut self, end: End) -> bool {
        let left = match end {
            End::Client => &mut self.client_left,
            End::Server => &mut self.server_left,
        };
        !std::mem::replace(left, true)
    }

    /// Whether the other end was told already that nobody is here; it is from now on.
    pub(super) const fn is_refused(&mut self) -> bool {
        std::mem::replace(&mut self.refused, true)
    }
}
