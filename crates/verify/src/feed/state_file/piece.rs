//! One piece of the local file.

use minicbor::{Decode, Decoder, Encode, Encoder};
use quash_core::position::{Checksum, LogId, Position};
use quash_core::revocation::target_key::LogKey;

use crate::feed::frame::codec;
use crate::feed::frame::seal::{PUBLIC, sum};

/// How many bytes stand before the body: its length and its sum.
const FRONT: usize = 20;

/// What a piece says.
#[derive(Clone, Copy, Debug)]
pub(in crate::feed) enum StatePiece<'f> {
    /// 0: what follows is of this log.
    Log(LogPiece),
    /// 1: who is trusted.
    Trust(TrustPiece<'f>),
    /// 2: what the log got, as in a message of entries.
    Records(RecordsPiece<'f>),
    /// 3: a part of a snapshot.
    Part(PartPiece<'f>),
    /// 4: the snapshot is complete.
    Place(PlacePiece),
    /// 5: records that were over at this instant, in milliseconds, may be missing from the file.
    Ratchet(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(in crate::feed) struct LogPiece {
    #[cbor(n(0), with = "codec::log_id")]
    pub(in crate::feed) log: LogId,
    #[cbor(n(1), with = "codec::log_key")]
    pub(in crate::feed) key: LogKey,
    #[cbor(n(2), with = "codec::position")]
    pub(in crate::feed) origin: Position,
}

#[derive(Clone, Copy, Debug, Encode, Decode)]
pub(in crate::feed) struct TrustPiece<'f> {
    #[n(0)]
    pub(in crate::feed) version: u64,
    #[cbor(b(1), with = "minicbor::bytes")]
    pub(in crate::feed) document: &'f [u8],
}

#[derive(Clone, Copy, Debug, Encode, Decode)]
pub(in crate::feed) struct RecordsPiece<'f> {
    #[cbor(n(0), with = "codec::position")]
    pub(in crate::feed) from: Position,
    #[cbor(n(1), with = "codec::position")]
    pub(in crate::feed) through: Position,
    #[cbor(n(2), with = "codec::checksum")]
    pub(in crate::feed) checksum: Checksum,
    #[cbor(b(3), with = "minicbor::bytes")]
    pub(in crate::feed) batch: &'f [u8],
}

#[derive(Clone, Copy, Debug, Encode, Decode)]
pub(in crate::feed) struct PartPiece<'f> {
    #[cbor(b(0), with = "minicbor::bytes")]
    pub(in crate::feed) batch: &'f [u8],
}

#[derive(Clone, Copy, Debug, Encode, Decode)]
pub(in crate::feed) struct PlacePiece {
    #[cbor(n(0), with = "codec::position")]
    pub(in crate::feed) through: Position,
    #[cbor(n(1), with = "codec::checksum")]
    pub(in crate::feed) checksum: Checksum,
}

#[derive(Clone, Copy, Debug, Encode, Decode)]
struct RatchetPiece {
    #[n(0)]
    milliseconds: u64,
}

impl StatePiece<'_> {
    /// The piece as it stands in the file.
    pub(in crate::feed) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Log(log) => write(0, log),
            Self::Trust(trust) => write(1, trust),
            Self::Records(records) => write(2, records),
            Self::Part(part) => write(3, part),
            Self::Place(place) => write(4, place),
            Self::Ratchet(milliseconds) => write(5, &RatchetPiece { milliseconds: *milliseconds }),
        }
    }
}

fn write(tag: u32, fields: &impl Encode<()>) -> Vec<u8> {
    let mut body = Vec::new();
    // Writing to a vector can not fail.
    let _infallible = Encoder::new(&mut body).array(2).and_then(|body| body.u32(tag)).map(|_| ());
    let _infallible = minicbor::encode(fields, &mut body);
    let mut piece = Vec::with_capacity(FRONT + body.len());
    // No message is longer than a mebibyte, and a piece holds what came in one.
    piece.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    piece.extend_from_slice(&sum(&PUBLIC, &[&body]));
    piece.extend_from_slice(&body);
    piece
}

/// The first piece of `bytes` and its length; `None` when it is torn or damaged.
pub(super) fn read(bytes: &[u8]) -> Option<(StatePiece<'_>, usize)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (expected, rest) = rest.split_first_chunk::<16>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let body = rest.get(..length)?;
    if sum(&PUBLIC, &[body]) != *expected {
        return None;
    }
    Some((decode(body)?, FRONT + length))
}

/// The batch of the first piece of `bytes`, where that is a part, and what comes behind it. Whether it is damaged is
/// not looked at.
pub(super) fn part_unchecked(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (body, rest) = rest.get(FRONT - 4..)?.split_at_checked(length)?;
    match decode(body)? {
        StatePiece::Part(PartPiece { batch }) => Some((batch, rest)),
        _ => None,
    }
}

fn decode(body: &[u8]) -> Option<StatePiece<'_>> {
    let mut decoder = Decoder::new(body);
    if decoder.array().ok()? != Some(2) {
        return None;
    }
    let piece = match decoder.u32().ok()? {
        0 => StatePiece::Log(decoder.decode().ok()?),
        1 => StatePiece::Trust(decoder.decode().ok()?),
        2 => StatePiece::Records(decoder.decode().ok()?),
        3 => StatePiece::Part(decoder.decode().ok()?),
        4 => StatePiece::Place(decoder.decode().ok()?),
        5 => StatePiece::Ratchet(decoder.decode::<RatchetPiece>().ok()?.milliseconds),
        _ => return None,
    };
    (decoder.position() == body.len()).then_some(piece)
}
