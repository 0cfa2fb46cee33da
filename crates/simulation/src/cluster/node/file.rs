//! The local file of a follower, on a disk that keeps what was synced and tears the rest.

use std::collections::VecDeque;

use quash_verify::feed::{Piece, StoreTicket};

use crate::cluster::plan::FileFate;

/// The file, and what is on its way into it.
#[derive(Debug, Default)]
pub(crate) struct LocalFile {
    /// What is on the disk for sure; `None` when there is no file.
    synced: Option<Vec<u8>>,
    writing: VecDeque<(Piece, StoreTicket)>,
}

impl LocalFile {
    /// Begins to write a piece. Returns whether nothing else is being written: then its end is to be waited for.
    pub(crate) fn write(&mut self, piece: Piece, ticket: StoreTicket) -> bool {
        self.writing.push_back((piece, ticket));
        self.writing.len() == 1
    }

    /// All that is being written is on the disk now; the last ticket.
    pub(crate) fn sync(&mut self) -> Option<StoreTicket> {
        let mut last = None;
        for (piece, ticket) in std::mem::take(&mut self.writing) {
            self.put(piece);
            last = Some(ticket);
        }
        last
    }

    fn put(&mut self, piece: Piece) {
        match (piece, &mut self.synced) {
            (Piece::Append(bytes), Some(file)) => file.extend(bytes),
            (Piece::Begin(bytes) | Piece::Append(bytes), synced) => *synced = Some(bytes),
        }
    }

    /// The process that wrote dies.
    pub(crate) fn die(&mut self, fate: FileFate) {
        let writing = std::mem::take(&mut self.writing);
        match fate {
            FileFate::Synced => {}
            FileFate::Lost => self.synced = None,
            FileFate::Torn(share) => self.tear(writing, share),
        }
    }

    /// A new file takes the place of the old one as a whole or not at all; what is appended may be torn.
    fn tear(&mut self, writing: VecDeque<(Piece, StoreTicket)>, share: u8) {
        let whole = writing.len().saturating_sub(1);
        for (place, (piece, _)) in writing.into_iter().enumerate() {
            match piece {
                Piece::Append(bytes) if place == whole => {
                    let kept = bytes.len() * usize::from(share) / 256;
                    self.put(Piece::Append(bytes.into_iter().take(kept).collect()));
                }
                Piece::Begin(_) if place == whole && share < 128 => {}
                piece => self.put(piece),
            }
        }
    }

    /// What a process finds that starts; the file is cut off where it can not be read on.
    pub(crate) fn read(&self) -> Option<&[u8]> {
        self.synced.as_deref()
    }

    /// Cuts the file off.
    pub(crate) fn truncate(&mut self, length: usize) {
        if let Some(file) = &mut self.synced {
            file.truncate(length);
        }
    }

    /// Throws the file away.
    pub(crate) fn discard(&mut self) {
        self.synced = None;
    }
}
