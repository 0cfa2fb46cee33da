//! Asking the authority about one token, where the state here is too old.

use std::future::Future;
use std::pin::Pin;

/// An answer that is being fetched.
pub type Asking<'a> = Pin<Box<dyn Future<Output = Result<Introspected, Unreachable>> + Send + 'a>>;

/// What the authority says about a token (RFC 7662).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Introspected {
    /// It may be used.
    Active,
    /// It may not. The authority does not say why.
    Inactive,
}

/// The authority could not be asked, or gave no answer in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the authority could not be asked")]
pub struct Unreachable;

/// Whoever can ask the authority about one token: the feed client, or a test. For routes whose policy is
/// [`StalePolicy::Ask`](quash_core::revocation::freshness::StalePolicy).
///
/// # Contract
/// It answers within a bound of its own, a second or two: a request waits for it. What it is told about a token it
/// keeps to itself.
pub trait Ask: Send + Sync {
    /// Asks about `token`.
    fn introspect<'a>(&'a self, token: &'a str) -> Asking<'a>;
}
