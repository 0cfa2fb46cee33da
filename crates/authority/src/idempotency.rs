//! Idempotency keys: a repeated request is one change.

use quash_jose::digest::sha256;
use quash_storage::ports::Idempotency;
use serde_json::Value;

use crate::caller::Caller;
use crate::error::RequestError;
use crate::text;

/// The key of a request by `caller`, if it brought one. Two callers, and two verbs of one caller, never share a
/// key.
pub(crate) fn of(
    caller: &Caller,
    verb: &str,
    key: Option<&str>,
    request: impl FnOnce() -> [u8; 32],
) -> Result<Option<Idempotency>, RequestError> {
    text::check_optional("Idempotency-Key", key, 256)?;
    // Ids hold no line end, so the parts can not run into one another.
    let scoped = |key| format!("{}\n{verb}\n{key}", caller.id()).into();
    Ok(key.map(|key| Idempotency { key: scoped(key), request: request() }))
}

/// SHA-256 of a request's fields, in a fixed order.
pub(crate) fn digest(fields: &Value) -> [u8; 32] {
    sha256(fields.to_string().as_bytes())
}
