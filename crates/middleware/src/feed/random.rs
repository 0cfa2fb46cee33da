//! Random numbers for what is no secret: a process's own number, and when to try again.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// Draws from the generator of the TLS stack, which is there anyway.
#[derive(Clone, Debug)]
pub(super) struct Random(Arc<CryptoProvider>);

/// The system gives no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandom;

impl Random {
    pub(super) fn new() -> Self {
        Self(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
    }

    /// Random bytes.
    pub(super) fn bytes<const N: usize>(&self) -> Result<[u8; N], NoRandom> {
        let mut bytes = [0; N];
        self.0.secure_random.fill(&mut bytes).map_err(|_| NoRandom)?;
        Ok(bytes)
    }

    /// A random number; zero when there is none: whoever waits a random time does not wait then.
    pub(super) fn number(&self) -> u32 {
        self.bytes().map_or(0, u32::from_be_bytes)
    }
}
