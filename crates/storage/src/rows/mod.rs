//! Rows: how each thing is written down. CBOR (RFC 8949) arrays whose fields have fixed numbers; a field is
//! never given another meaning, new ones are added at the end and are optional.

pub(crate) mod alias;
pub(crate) mod audit;
pub(crate) mod ban;
pub(crate) mod credential;
pub(crate) mod entry;
pub(crate) mod grant;
pub(crate) mod key_ring;
pub(crate) mod meta;
pub(crate) mod record;
pub(crate) mod request;
pub(crate) mod schedule;
pub(crate) mod session;
pub(crate) mod spent;
pub(crate) mod verifier;

use std::time::Duration;

use minicbor::{Decode, Encode};

use crate::ports::StoreError;

/// The bytes of `row`.
pub(crate) fn encode(row: &impl Encode<()>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    // Writing to a vector can not fail, and no row has an encoder of its own that could.
    let _infallible = minicbor::encode(row, &mut bytes);
    bytes
}

/// The row in `bytes`. `what` names it in the error.
pub(crate) fn decode<'b, T: Decode<'b, ()>>(what: &'static str, bytes: &'b [u8]) -> Result<T, StoreError> {
    minicbor::decode(bytes).map_err(|_| corrupt(what))
}

/// The error for a row that does not read.
pub(crate) fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(format!("a row of `{what}` does not read").into())
}

/// A span in milliseconds, as rows hold it.
pub(crate) fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
