//! Random bytes.

/// The library's random source gave no bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no random bytes could be had")]
pub struct NoRandomBytes;

/// Fills `bytes` from the library's random source, which the operating system seeds.
///
/// # Errors
/// [`NoRandomBytes`] when the source fails; nothing may be made of `bytes` then.
pub fn fill(bytes: &mut [u8]) -> Result<(), NoRandomBytes> {
    aws_lc_rs::rand::fill(bytes).map_err(|_| NoRandomBytes)
}
