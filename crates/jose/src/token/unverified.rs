//! A token whose form is good and whose signature nobody has looked at.

use std::fmt;

use quash_core::claims::Claims;
use quash_core::defect::Defect;
use quash_core::verified::{TokenDigest, VerifiedClaims};

use super::claims;
use super::header::Header;
use super::known_headers::KnownHeaders;
use super::limits::Limits;
use super::members::{Claim, Members, Value};
use super::profile::TokenProfile;
use super::signature::Signature;
use crate::base64url;
use crate::digest::sha256;
use crate::key::FindKey;

/// A token that was split, decoded and parsed. Enough to choose an issuer and a key by; nothing in it may be
/// believed before [`UnverifiedToken::verify`].
pub struct UnverifiedToken<'a> {
    signing_input: &'a str,
    header_segment: &'a str,
    header: HeaderOf<'a>,
    payload: String,
    members: Members,
    signature: Signature,
    known: Option<&'a KnownHeaders>,
}

enum HeaderOf<'a> {
    Known(&'a Header),
    New(Header),
}

impl<'a> UnverifiedToken<'a> {
    /// Splits, decodes and parses `token`, a JWT in the compact form (RFC 7515 section 7.1). Refuses whatever
    /// is malformed, in time linear in its length; does no cryptography.
    ///
    /// Where many tokens are read, [`TokenReader`](crate::TokenReader) does the same faster.
    ///
    /// # Errors
    /// [`Defect::TooLong`], [`Defect::NotCompact`], [`Defect::NotBase64url`], [`Defect::NotJson`],
    /// [`Defect::DuplicateMember`], [`Defect::UnsupportedHeader`], [`Defect::WrongAlgorithm`],
    /// [`Defect::WrongType`] or [`Defect::UnknownKey`].
    pub fn parse(token: &'a str, limits: Limits) -> Result<Self, Defect> {
        Self::parse_with(token, limits, None)
    }

    pub(super) fn parse_with(
        token: &'a str,
        limits: Limits,
        known: Option<&'a KnownHeaders>,
    ) -> Result<Self, Defect> {
        if token.len() > limits.longest_token() {
            return Err(Defect::TooLong);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(Defect::NotCompact)?;
        let (header_segment, payload) = signing_input.split_once('.').ok_or(Defect::NotCompact)?;
        let payload_bytes = base64url::decode(payload).map_err(|defect| more_parts_or(defect, payload))?;
        let signature = Signature::parse(signature)?;
        let header = match known.and_then(|known| known.find(header_segment)) {
            Some(header) => HeaderOf::Known(header),
            None => HeaderOf::New(Header::parse(header_segment)?),
        };
        let payload = String::from_utf8(payload_bytes).map_err(|_| Defect::NotJson)?;
        let members = Members::parse(&payload)?;
        Ok(Self { signing_input, header_segment, header, payload, members, signature, known })
    }

    /// What the header says.
    pub fn header(&self) -> &Header {
        match &self.header {
            HeaderOf::Known(header) => header,
            HeaderOf::New(header) => header,
        }
    }

    /// Who the token says has issued it: `iss` where it is a string. To choose keys by, and for nothing else.
    pub fn issuer(&self) -> Option<&str> {
        match self.members.known(Claim::Iss) {
            Value::Text(at) => Some(self.members.text(at, &self.payload)),
            _ => None,
        }
    }

    /// SHA-256 of the signing input, which the spelling of the signature can not change.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest(sha256(self.signing_input.as_bytes()))
    }

    /// Checks type, claims, issuer, audience and at last the signature, with the key among `keys` that the
    /// token's header leads to. The clock is not asked: life and revocation are judged later.
    ///
    /// The digest is computed only for a token without `jti`.
    ///
    /// # Errors
    /// [`Defect::UnknownKey`], [`Defect::WrongAlgorithm`], [`Defect::WrongType`], [`Defect::MalformedClaim`],
    /// [`Defect::MissingClaim`], [`Defect::UnknownIssuer`], [`Defect::WrongAudience`] or
    /// [`Defect::BadSignature`].
    pub fn verify(self, keys: &impl FindKey, profile: &TokenProfile) -> Result<VerifiedClaims, Defect> {
        let header = self.header();
        let key = keys.find_key(header.algorithm(), header.key_id())?;
        profile.check_type(header.typ())?;
        let registered = claims::read(profile, &self.members, &self.payload)?;
        key.check(self.signing_input.as_bytes(), self.signature.bytes())?;
        if let (HeaderOf::New(header), Some(known)) = (&self.header, self.known) {
            known.remember(self.header_segment, header);
        }
        let digest = registered.token.is_none().then(|| self.digest());
        let claims = Claims::new(self.payload, registered);
        Ok(VerifiedClaims::assert_signature_was_checked(
            claims,
            profile.issuer().clone(),
            key.key_id().cloned(),
            digest,
        ))
    }
}

/// A payload that does not decode because it holds another dot was never one of three parts.
fn more_parts_or(defect: Defect, payload: &str) -> Defect {
    if payload.contains('.') { Defect::NotCompact } else { defect }
}

impl fmt::Debug for UnverifiedToken<'_> {
    /// Shows the header only: the rest is a secret as long as the token lives.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedToken").field("header", self.header()).finish_non_exhaustive()
    }
}
