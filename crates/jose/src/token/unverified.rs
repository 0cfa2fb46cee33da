//! A token whose form is good and whose signature nobody has looked at.

use std::fmt;

use quash_core::claims::{Claims, Registered};
use quash_core::defect::Defect;
use quash_core::ids::KeyId;
use quash_core::revocation::target_key::LogKey;
use quash_core::verified::{TokenDigest, VerifiedClaims};

use super::claims;
use super::header::Header;
use super::known_headers::KnownHeaders;
use super::limits::Limits;
use super::members::{Claim, Members, Value};
use super::profile::TokenProfile;
use super::signature::Signature;
use crate::alg::Algorithm;
use crate::base64url;
use crate::digest::sha256;
use crate::key::{FindKey, KeyOwner, UserKeyName, UserSecrets, VerificationKey};

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
        let registered = self.read(profile)?;
        self.check(key)?;
        let key_id = key.key_id().cloned();
        Ok(self.verified(registered, profile, key_id))
    }

    /// What the header names, where that is the key of a subject (S20). To choose how to verify by, and for nothing else.
    pub fn user_key(&self) -> Option<UserKeyName<'_>> {
        self.header().key_id().and_then(UserKeyName::parse)
    }

    /// As [`verify`](Self::verify), with the key of the token's own subject: derived from the one of `secrets` and in the
    /// generation that the header names. Whether that generation is in force is judged later, with the revocations.
    ///
    /// INVARIANT: before the signature is checked, `sub` serves to derive the key it is checked with, and nothing else: a
    /// token of somebody else's key, or one whose `sub` was changed, does not fit. The algorithm is HS256, whatever the
    /// header says (attack row 2).
    ///
    /// # Errors
    /// As [`verify`](Self::verify); [`Defect::UnknownKey`] where the header names no such key, or a secret that is not
    /// among `secrets`.
    pub fn verify_by_user_key(
        self,
        secrets: &UserSecrets,
        log: &LogKey,
        profile: &TokenProfile,
    ) -> Result<VerifiedClaims, Defect> {
        let UserKeyName { secret, generation } = self.user_key().ok_or(Defect::UnknownKey)?;
        if self.header().algorithm() != Algorithm::Hs256 {
            return Err(Defect::WrongAlgorithm);
        }
        let registered = self.read(profile)?;
        let subject = registered.subject.as_ref().ok_or(Defect::MissingClaim)?.read(&self.payload);
        let owner = KeyOwner { log, issuer: profile.issuer(), subject, generation };
        let key = secrets.verification_key(secret, &owner).map_err(|_| Defect::BadSignature)?;
        self.check(&key.ok_or(Defect::UnknownKey)?)?;
        let key_id = self.header().key_id().and_then(|name| KeyId::new(name).ok());
        Ok(self.verified(registered, profile, key_id).by_user_key(generation))
    }

    fn read(&self, profile: &TokenProfile) -> Result<Registered, Defect> {
        profile.check_type(self.header().typ())?;
        claims::read(profile, &self.members, &self.payload)
    }

    fn check(&self, key: &VerificationKey) -> Result<(), Defect> {
        key.check(self.signing_input.as_bytes(), self.signature.bytes())
    }

    /// INVARIANT: called after [`check`](Self::check), with what was checked.
    fn verified(
        self,
        registered: Registered,
        profile: &TokenProfile,
        key_id: Option<KeyId>,
    ) -> VerifiedClaims {
        if let (HeaderOf::New(header), Some(known)) = (&self.header, self.known) {
            known.remember(self.header_segment, header);
        }
        let digest = registered.token.is_none().then(|| self.digest());
        let claims = Claims::new(self.payload, registered);
        VerifiedClaims::assert_signature_was_checked(claims, profile.issuer().clone(), key_id, digest)
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
