//! The envelope of a message: one CBOR array of its type, its fields and their keyed sum.

use std::hash::Hasher;

use minicbor::encode::Write;
use minicbor::{Decoder, Encode, Encoder};
use quash_core::revocation::target_key::LogKey;
use siphasher::sip128::{Hasher128, SipHasher13};

/// The largest message in bytes, in both directions: 1 MiB.
pub const LARGEST_FRAME: usize = 1 << 20;

/// A message that can not be taken. Nothing of it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Longer than [`LARGEST_FRAME`].
    #[error("the message is longer than {LARGEST_FRAME} bytes")]
    TooLarge,
    /// Not the CBOR of a message, or a field breaks its bound.
    #[error("the message is malformed")]
    Malformed,
    /// A message of a type that this version does not have.
    #[error("the message type {0} is unknown")]
    UnknownType(u32),
    /// The sum is not that of the fields: damaged on the way, or made by somebody without the log's key.
    #[error("the message does not fit its sum")]
    WrongSum,
    /// A message that needs the log's key came before the key.
    #[error("the message came before the welcome")]
    Early,
}

impl From<minicbor::decode::Error> for FrameError {
    fn from(_: minicbor::decode::Error) -> Self {
        Self::Malformed
    }
}

/// Seals what is sent before both sides know the log's key. It finds damage and proves nothing.
pub(in crate::feed) const PUBLIC: LogKey = LogKey::from_random([0; 16]);

/// SipHash-1-3 with 128 bits of output over `parts`, one behind the other.
pub(in crate::feed) fn sum(key: &LogKey, parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = SipHasher13::new_with_key(key.expose());
    for part in parts {
        hasher.write(part);
    }
    hasher.finish128().as_bytes()
}

/// The bytes of `value`.
pub(in crate::feed) fn encode(value: &impl Encode<()>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    // Writing to a vector can not fail, and nothing here has an encoder of its own that could.
    let _infallible = minicbor::encode(value, &mut bytes);
    bytes
}

/// `[tag, fields, sum]`, the sum over all bytes before it.
pub(in crate::feed) fn seal(tag: u32, fields: &impl Encode<()>, key: &LogKey) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    let _infallible = write(&mut bytes, tag, fields);
    let sum = sum(key, &[&bytes]);
    let _infallible = Encoder::new(&mut bytes).bytes(&sum).map(|_| ());
    bytes
}

fn write<W: Write>(
    bytes: W,
    tag: u32,
    fields: &impl Encode<()>,
) -> Result<(), minicbor::encode::Error<W::Error>> {
    Encoder::new(bytes).array(3)?.u32(tag)?.encode(fields)?;
    Ok(())
}

/// A message whose envelope was opened and whose sum was not checked yet.
pub(in crate::feed) struct Sealed<'b> {
    pub(in crate::feed) tag: u32,
    summed: &'b [u8],
    fields: &'b [u8],
    sum: &'b [u8],
}

/// Opens the envelope of `bytes`. Looks at no field.
pub(in crate::feed) fn open(bytes: &[u8]) -> Result<Sealed<'_>, FrameError> {
    if bytes.len() > LARGEST_FRAME {
        return Err(FrameError::TooLarge);
    }
    let mut decoder = Decoder::new(bytes);
    if decoder.array()? != Some(3) {
        return Err(FrameError::Malformed);
    }
    let tag = decoder.u32()?;
    let from = decoder.position();
    decoder.skip()?;
    let until = decoder.position();
    let sum = decoder.bytes()?;
    let (summed, fields) = (bytes.get(..until), bytes.get(from..until));
    match (summed, fields) {
        (Some(summed), Some(fields)) if decoder.position() == bytes.len() => {
            Ok(Sealed { tag, summed, fields, sum })
        }
        _ => Err(FrameError::Malformed),
    }
}

impl<'b> Sealed<'b> {
    /// The fields, if the sum is theirs under `key`.
    pub(in crate::feed) fn fields<T: minicbor::Decode<'b, ()>>(&self, key: &LogKey) -> Result<T, FrameError> {
        if self.sum != sum(key, &[self.summed]) {
            return Err(FrameError::WrongSum);
        }
        Ok(minicbor::decode(self.fields)?)
    }
}
