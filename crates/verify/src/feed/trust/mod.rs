//! Whom followers are told to trust: issuers with their rules and public keys, and whose word counts at an edge.

mod issuer;
mod proof;

pub use issuer::{IssuerDocument, UnsoundKeys};

use std::time::Duration;

use minicbor::{Decode, Encode};

use super::frame::FrameError;
use super::frame::codec;
use super::frame::seal::encode;

/// The most items of any list in a document: issuers, our own among them, credentials, and confidential clients.
pub const MOST_TRUSTED: usize = 4096;

/// The longest document in bytes: it travels in one message.
pub const LONGEST_DOCUMENT: usize = super::frame::LARGEST_FRAME - 1024;

/// Everything that an edge has to know beside the log. No shared secret is ever in it: of an issuer with one it says
/// only that there is one, of a credential or a client's secret it holds the digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct TrustDocument {
    /// The issuers whose tokens are taken.
    #[n(0)]
    pub issuers: Vec<IssuerDocument>,
    /// The service credentials that may introspect.
    #[n(1)]
    pub introspection: Vec<IntrospectionCredential>,
    /// The confidential clients.
    #[n(2)]
    pub clients: Vec<ConfidentialClient>,
    /// How long after its recording an entry can still hit a living token, in milliseconds on the wire.
    #[cbor(n(3), with = "codec::span")]
    pub horizon: Duration,
}

/// The document is longer than [`LONGEST_DOCUMENT`] or has a list of more than [`MOST_TRUSTED`]: it can not travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("followers can be told of at most {most} {what}, and there are {found}")]
#[non_exhaustive]
pub struct TrustTooLarge {
    /// What there is too much of, in the plural.
    pub what: &'static str,
    /// How much there is.
    pub found: usize,
    /// How much there may be.
    pub most: usize,
}

/// A service credential that may introspect, by the digest of its key.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct IntrospectionCredential {
    /// SHA-256 of the key.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub digest: [u8; 32],
    /// The client that it is kept to: it may ask about that one's tokens alone.
    #[n(1)]
    pub client: Option<Box<str>>,
}

/// A client that proves who it is.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct ConfidentialClient {
    /// Its `client_id`.
    #[n(0)]
    pub id: Box<str>,
    /// SHA-256 of its secret.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub secret_digest: [u8; 32],
}

impl std::fmt::Debug for IntrospectionCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IntrospectionCredential").field("client", &self.client).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ConfidentialClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConfidentialClient").field("id", &self.id).finish_non_exhaustive()
    }
}

impl TrustDocument {
    /// The document as it travels and is stored.
    ///
    /// # Errors
    /// [`TrustTooLarge`].
    pub fn encode(&self) -> Result<Vec<u8>, TrustTooLarge> {
        if let Some(excess) = self.excess() {
            return Err(excess);
        }
        let bytes = encode(self);
        let what = "bytes of issuers, credentials and clients";
        match exceeding(what, bytes.len(), LONGEST_DOCUMENT) {
            Some(excess) => Err(excess),
            None => Ok(bytes),
        }
    }

    /// The document in `bytes`.
    ///
    /// # Errors
    /// [`FrameError`] when they are none, or break a bound.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        if bytes.len() > LONGEST_DOCUMENT {
            return Err(FrameError::TooLarge);
        }
        let document: Self = minicbor::decode(bytes)?;
        if document.excess().is_none() { Ok(document) } else { Err(FrameError::Malformed) }
    }

    /// What there is too much of, if anything.
    fn excess(&self) -> Option<TrustTooLarge> {
        let names: std::collections::BTreeSet<_> = self.issuers.iter().map(|issuer| &issuer.name).collect();
        let of_one_name = 1 + self.issuers.len().saturating_sub(names.len());
        exceeding("issuers of one name", of_one_name, 1)
            .or_else(|| exceeding("issuers", self.issuers.len(), MOST_TRUSTED))
            .or_else(|| exceeding("credentials that may introspect", self.introspection.len(), MOST_TRUSTED))
            .or_else(|| exceeding("confidential clients", self.clients.len(), MOST_TRUSTED))
    }
}

fn exceeding(what: &'static str, found: usize, most: usize) -> Option<TrustTooLarge> {
    (found > most).then_some(TrustTooLarge { what, found, most })
}
