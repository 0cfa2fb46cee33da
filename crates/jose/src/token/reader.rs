//! The hot path's way in: limits, and headers met before.

use quash_core::defect::Defect;

use super::known_headers::KnownHeaders;
use super::limits::Limits;
use super::unverified::UnverifiedToken;

/// Reads tokens, and remembers the headers of those that verified: parsing a header costs a tenth of
/// verifying an HS256 signature, comparing it nearly nothing.
///
/// Keep one per verifier and share it; reading takes no lock. Make a new one when many keys were replaced:
/// the memory for headers is bounded and never emptied.
pub struct TokenReader {
    limits: Limits,
    known: KnownHeaders,
}

impl TokenReader {
    /// A reader that takes tokens within `limits`.
    pub fn new(limits: Limits) -> Self {
        Self { limits, known: KnownHeaders::new() }
    }

    /// Splits, decodes and parses `token`; checks no signature.
    ///
    /// # Errors
    /// What is wrong with its form; see [`UnverifiedToken::parse`].
    pub fn read<'a>(&'a self, token: &'a str) -> Result<UnverifiedToken<'a>, Defect> {
        UnverifiedToken::parse_with(token, self.limits, Some(&self.known))
    }
}

impl Default for TokenReader {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl std::fmt::Debug for TokenReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenReader").field("limits", &self.limits).finish_non_exhaustive()
    }
}
