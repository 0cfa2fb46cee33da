//! Tokens that may be used once: which of them were.

use async_trait::async_trait;
use quash_core::revocation::target_key::TargetKey;
use quash_core::time::Timestamp;

use super::{Act, Details, StoreError};

/// One use of a one-time token that verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spend {
    /// The token: the log's keyed digest of its issuer and its `jti`.
    pub token: TargetKey,
    /// Who uses it, and when.
    pub act: Act,
    /// What the audit log says about it.
    pub about: Details,
    /// From when on nobody accepts it any more: until then it is remembered.
    pub until: Timestamp,
    /// The most tokens that are remembered.
    pub most: u64,
}

/// What became of a [`Spend`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spent {
    /// It was the first use.
    Now,
    /// It was used before. Nothing changed.
    Before {
        /// When.
        at: Timestamp,
    },
    /// As many as may be are remembered. Nothing changed: the token was not used.
    Full,
}

/// Remembers which one-time tokens were used.
///
/// # Contract
/// - Of any number of uses of one token, in any order and in parallel, exactly one is [`Spent::Now`].
/// - A use is remembered until [`Spend::until`] at least. None is forgotten to make room for another one.
/// - A purge forgets it then, and only then is there room again.
#[async_trait]
pub trait OneTimeTokens: Send + Sync {
    /// Uses a token.
    async fn spend(&self, spend: Spend) -> Result<Spent, StoreError>;
}
