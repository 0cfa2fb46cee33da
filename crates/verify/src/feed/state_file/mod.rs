//! The local file of a follower: what it knew when it stopped (`docs/feed-format.md`, "The local file").
//!
//! ```text
//! "quash feed state"  version (2 bytes)  piece  piece  piece …          a piece: length (4)  sum (16)  [tag, fields]
//! ```
//!
//! It is only ever appended to, or rewritten as a whole with fewer records.

mod compact;
mod piece;
mod tally;

pub(in crate::feed) use compact::rising;
pub use compact::{Compacted, compact};
pub(in crate::feed) use piece::{LogPiece, PartPiece, PlacePiece, RecordsPiece, StatePiece, TrustPiece};
pub(in crate::feed) use tally::Tally;

use super::batch;

/// The first bytes of every such file.
pub const MAGIC: &[u8; 16] = b"quash feed state";

/// The version that is written, and the only one that is read.
pub const VERSION: u16 = 1;

/// How many bytes stand before the first piece.
const HEAD: usize = 18;

/// Why a local file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateDamaged {
    /// It does not begin as one: it is something else, or its first bytes are lost.
    #[error("the file is not the state of a feed")]
    NotAState,
    /// Another version of this program wrote it.
    #[error("the file has version {found} of the format, this program reads version {VERSION}")]
    Version {
        /// The version that it says.
        found: u16,
    },
}

/// A whole file that holds the piece `bytes`.
pub(in crate::feed) fn beginning_with(bytes: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(HEAD + bytes.len());
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&VERSION.to_le_bytes());
    file.extend_from_slice(bytes);
    file
}

/// The pieces of `file`, up to the first one that is torn or damaged: nothing behind that can be trusted.
///
/// # Errors
/// [`StateDamaged`] when it is no such file at all.
pub(in crate::feed) fn pieces(file: &[u8]) -> Result<Pieces<'_>, StateDamaged> {
    let (magic, rest) = file.split_first_chunk::<16>().ok_or(StateDamaged::NotAState)?;
    let (version, rest) = rest.split_first_chunk::<2>().ok_or(StateDamaged::NotAState)?;
    if magic != MAGIC {
        return Err(StateDamaged::NotAState);
    }
    match u16::from_le_bytes(*version) {
        VERSION => Ok(Pieces { rest, read: HEAD }),
        found => Err(StateDamaged::Version { found }),
    }
}

/// The pieces of a file, one after the other.
pub(in crate::feed) struct Pieces<'f> {
    rest: &'f [u8],
    read: usize,
}

impl<'f> Pieces<'f> {
    /// The next piece and the length of the file with it; `None` at the end, or where the rest does not read.
    pub(in crate::feed) fn next_piece(&mut self) -> Option<(StatePiece<'f>, usize)> {
        let (piece, length) = piece::read(self.rest)?;
        self.rest = self.rest.get(length..)?;
        self.read += length;
        Some((piece, self.read))
    }

    /// How many records the parts that come next say that they hold, torn or not.
    pub(in crate::feed) fn announced(&self) -> usize {
        let mut rest = self.rest;
        let mut records = 0;
        while let Some((batch, after)) = piece::part_unchecked(rest) {
            records += batch::announced(batch).unwrap_or_default();
            rest = after;
        }
        records
    }

    /// Whether everything was read.
    pub(in crate::feed) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::batch::tests::record;

    #[test]
    fn a_file_announces_the_records_of_the_parts_that_come_next() {
        let part = |first: u64, last: u64| {
            let records: Vec<_> = (first..=last).map(record).collect();
            StatePiece::Part(PartPiece { batch: &batch::encode(&records) }).encode()
        };
        let ratchet = StatePiece::Ratchet(1).encode();
        let file = |parts: &[Vec<u8>]| beginning_with(&parts.concat());
        let announced = |file: &[u8]| pieces(file).unwrap().announced();
        assert_eq!(announced(&file(&[])), 0);
        assert_eq!(announced(&file(&[part(1, 5), part(6, 7), ratchet.clone(), part(8, 9)])), 7);
        assert_eq!(announced(&file(&[ratchet, part(8, 9)])), 0);
        let whole = file(&[part(1, 5), part(6, 7)]);
        assert_eq!(announced(&whole[..whole.len() - 1]), 5, "what is torn is not counted");
    }
}
