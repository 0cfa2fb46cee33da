//! The proof that a signature was checked, as a type.

use std::fmt;
use std::ops::Deref;

use crate::claims::Claims;
use crate::ids::{Issuer, KeyId};
use crate::position::Position;

/// SHA-256 of a token's signing input, `header.payload` as received.
///
/// Never of the whole string: the signature part can be re-spelled without breaking it, and a digest of
/// the raw string would let each spelling through once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenDigest(pub [u8; 32]);

/// Claims whose signature, `typ`, issuer and audience were found good, with the key that proved it.
///
/// INVARIANT: made in one place only, after a signature check. Whatever needs a verified token demands this
/// type, so that a skipped check does not compile.
#[derive(Clone)]
pub struct VerifiedClaims {
    claims: Claims,
    issuer: Issuer,
    key: Option<KeyId>,
    digest: Option<TokenDigest>,
    generation: Option<Position>,
}

impl VerifiedClaims {
    /// States that the signature over `claims` was checked with the key `key` of `issuer`.
    ///
    /// `issuer` is the configured name of the issuer that the key belongs to: foreign tokens need not carry
    /// `iss`. `digest` is needed for tokens without a `jti`, which are revoked by it.
    ///
    /// For `quash-jose` alone: a lint refuses the call everywhere else.
    pub fn assert_signature_was_checked(
        claims: Claims,
        issuer: Issuer,
        key: Option<KeyId>,
        digest: Option<TokenDigest>,
    ) -> Self {
        Self { claims, issuer, key, digest, generation: None }
    }

    /// States that the key was that of the token's subject, and of this generation (S20). For `quash-jose` alone.
    #[must_use]
    pub fn by_user_key(self, generation: Position) -> Self {
        Self { generation: Some(generation), ..self }
    }

    /// The generation of the subject's own key that the token is signed with: the position of the entry that rotated it,
    /// zero before the first one. None for a token that is signed with a key of the issuer.
    pub fn generation(&self) -> Option<Position> {
        self.generation
    }

    /// The issuer whose key made the signature.
    pub fn verified_issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The key that made the signature; none where the issuer's keys have no names.
    pub fn key(&self) -> Option<&KeyId> {
        self.key.as_ref()
    }

    /// The digest of the signing input, kept for tokens without a `jti`.
    pub fn digest(&self) -> Option<&TokenDigest> {
        self.digest.as_ref()
    }

    /// What the token says.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }
}

impl Deref for VerifiedClaims {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.claims
    }
}

impl fmt::Debug for VerifiedClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedClaims")
            .field("issuer", &self.issuer)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
