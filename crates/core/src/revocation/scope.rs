//! What a token names, digested once: the keys that its revocation is looked up by.

use std::sync::Arc;

use crate::position::Position;
use crate::revocation::marks::Mark;
use crate::revocation::target::TargetKind;
use crate::revocation::target_key::{IssuerKey, TargetKey};
use crate::verified::VerifiedClaims;

/// One issuer within the state: its digest key and the marks of its wide entries.
#[derive(Debug)]
pub struct IssuerScope {
    /// Digests ids of this issuer.
    pub key: IssuerKey,
    /// Highest position of any entry about a client of the issuer.
    pub clients: Mark,
    /// Highest position of any entry about a claim value.
    pub claims: Mark,
    /// Highest position of any entry about the whole issuer.
    pub whole: Mark,
    /// Highest position of any entry about a signing key of the issuer.
    pub keys: Mark,
    /// Highest position of any entry that rotated the key of a subject, or of all. It only says whether they have to be
    /// looked for: what such an entry hits is noticed by the mark of the subject, or of the whole issuer.
    pub user_keys: Mark,
}

impl IssuerScope {
    /// An issuer without any wide entry.
    pub fn new(key: IssuerKey) -> Self {
        Self {
            key,
            clients: Mark::default(),
            claims: Mark::default(),
            whole: Mark::default(),
            keys: Mark::default(),
            user_keys: Mark::default(),
        }
    }

    /// The highest position of any entry about more than one subject of the issuer.
    pub fn wide(&self) -> u64 {
        let groups = self.clients.position().max(self.claims.position());
        groups.max(self.whole.position()).max(self.keys.position())
    }

    /// The mark that a wide entry of `kind` raises; none for the kinds that have buckets.
    pub fn mark(&self, kind: TargetKind) -> Option<&Mark> {
        match kind {
            TargetKind::Client => Some(&self.clients),
            TargetKind::Claim => Some(&self.claims),
            TargetKind::Issuer | TargetKind::UserKeys => Some(&self.whole),
            TargetKind::Key => Some(&self.keys),
            _ => None,
        }
    }
}

/// What the allowlist of its issuer asks of a token (S12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listing {
    /// Nothing: there is none, or the token is one that a client got for itself (RFC 6749 section 4.4), which belongs
    /// to no session.
    #[default]
    Unasked,
    /// That this registration is known.
    Registration(TargetKey),
    /// What it does not have: it names a user and no session, or no user.
    Stranger,
}

/// What one token names. Made once per token, at its first check; about 100 ns.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct TokenNames {
    /// The issuer whose key made the signature. Stands first: every repeated check reads it.
    pub issuer: Arc<IssuerScope>,
    /// `jti`, else the digest of the signing input.
    pub token: Option<TargetKey>,
    /// `sid`.
    pub session: Option<TargetKey>,
    /// `sub`.
    pub subject: Option<TargetKey>,
    /// `device_id` of `sub`.
    pub device: Option<TargetKey>,
    /// What has to be known of its session. Stands last: it is only read where somebody asks.
    pub listing: Listing,
    /// The generation of its subject's key that it is signed with, where it is with such a key (S20).
    pub generation: Option<Position>,
}

impl TokenNames {
    /// The names in `token`, which `issuer` issued.
    pub fn new(issuer: Arc<IssuerScope>, token: &VerifiedClaims) -> Self {
        let key = issuer.key;
        let of = |kind, id: Option<&str>| id.map(|id| key.of_id(kind, id));
        let by_digest = || token.digest().map(|digest| key.of_digest(digest));
        let device = token.subject().zip(token.device());
        Self {
            token: of(TargetKind::Token, token.token()).or_else(by_digest),
            session: of(TargetKind::Session, token.session()),
            subject: of(TargetKind::Subject, token.subject()),
            device: device.map(|(subject, device)| key.of_device(subject, device)),
            listing: Listing::Unasked,
            generation: None,
            issuer,
        }
    }

    /// The names in `token`, whose issuer keeps an allowlist: its session has to be registered for its subject.
    pub fn listed(issuer: Arc<IssuerScope>, token: &VerifiedClaims) -> Self {
        let key = issuer.key;
        let listing = match (token.session(), token.subject()) {
            (Some(session), Some(subject)) => Listing::Registration(key.of_registration(session, subject)),
            (None, Some(subject)) if token.client() == Some(subject) => Listing::Unasked,
            _ => Listing::Stranger,
        };
        Self { listing, ..Self::new(issuer, token) }
    }

    /// The same names of a token whose signing key is looked at. In a log that the key's generations are not of, nobody
    /// looks.
    #[must_use]
    pub fn signed_with(self, generation: Option<Position>) -> Self {
        Self { generation, ..self }
    }

    /// The signing key of its subject.
    pub(super) fn user_key(&self) -> Option<TargetKey> {
        self.subject.map(TargetKey::turned)
    }
}

/// Every (claim, value) pair of a payload that an entry about a claim could name: strings at the top level
/// and strings in arrays there. Parses the payload, so it is only asked for when such an entry may apply.
pub fn claim_values(token: &VerifiedClaims) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (name, value) in token.to_object() {
        match value {
            serde_json::Value::String(text) => pairs.push((name, text)),
            serde_json::Value::Array(items) => {
                let texts = items.into_iter().filter_map(|item| match item {
                    serde_json::Value::String(text) => Some(text),
                    _ => None,
                });
                pairs.extend(texts.map(|text| (name.clone(), text)));
            }
            _ => {}
        }
    }
    pairs
}
