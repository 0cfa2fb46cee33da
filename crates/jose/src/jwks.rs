//! Key sets as JSON (RFC 7517 section 5): read from others, published for others.

use quash_core::defect::Defect;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::json;
use crate::jwk::{self, PublicJwk};
use crate::key::{KeyError, KeySet, VerificationKey};

/// The longest key set read, in bytes.
pub const LONGEST_KEY_SET: usize = 256 * 1024;

/// The most entries that a key set may have.
pub const MOST_KEYS: usize = 256;

/// Why a key set as a whole is not taken. Whoever holds an earlier good one keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// Longer than [`LONGEST_KEY_SET`], or more than [`MOST_KEYS`] entries.
    #[error("the key set is too large")]
    TooLarge,
    /// Not a JSON object with an array `keys`, or a member occurs twice.
    #[error("the key set is not a json object with an array `keys`")]
    Malformed,
    /// An entry holds private members or a shared secret: it has leaked, and its set is not to be trusted.
    #[error("the key set holds a private or a secret key")]
    Private,
    /// Two entries have the same `kid`.
    #[error("two keys of the key set have the same key id")]
    DuplicateKeyId,
    /// No entry is a key that could verify anything.
    #[error("the key set holds no usable key")]
    Empty,
}

/// An entry that is a key of a supported kind, and yet was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedKey {
    /// Its place in the set, counted from zero.
    pub place: usize,
    /// What is wrong with it.
    pub error: KeyError,
}

/// What was found in a key set.
#[derive(Clone, Debug)]
pub struct ReadKeySet {
    /// The usable keys, at least one.
    pub keys: KeySet,
    /// How many entries of unknown kind or for another purpose were passed over (RFC 7517 section 5).
    pub skipped: usize,
    /// Entries that should have been usable: weak keys, points off their curve, contradictions.
    pub refused: Vec<RefusedKey>,
}

impl KeySet {
    /// Reads the key set of an issuer. Entries that are not understood are passed over; a weak or broken entry
    /// does not take the others with it. Shared secrets never come from here.
    ///
    /// # Errors
    /// [`KeySetError`]: the set is not to replace an earlier good one.
    pub fn from_jwks(text: &str) -> Result<ReadKeySet, KeySetError> {
        let entries = entries(text)?;
        let (mut keys, mut skipped, mut refused) = (Vec::new(), 0, Vec::new());
        for (place, entry) in entries.iter().enumerate() {
            match jwk::read(entry.get()) {
                Ok(key) => keys.push(key),
                Err(KeyError::Unsupported) => skipped += 1,
                Err(KeyError::Private) => return Err(KeySetError::Private),
                Err(error) => refused.push(RefusedKey { place, error }),
            }
        }
        if keys.is_empty() {
            return Err(KeySetError::Empty);
        }
        let keys = KeySet::new(keys).map_err(|_| KeySetError::DuplicateKeyId)?;
        Ok(ReadKeySet { keys, skipped, refused })
    }
}

fn entries(text: &str) -> Result<Vec<&RawValue>, KeySetError> {
    #[derive(Deserialize)]
    struct Set<'a> {
        #[serde(borrow)]
        keys: Vec<&'a RawValue>,
    }
    if text.len() > LONGEST_KEY_SET {
        return Err(KeySetError::TooLarge);
    }
    json::check_object(text).map_err(|_: Defect| KeySetError::Malformed)?;
    let set: Set<'_> = serde_json::from_str(text).map_err(|_| KeySetError::Malformed)?;
    if set.keys.len() > MOST_KEYS { Err(KeySetError::TooLarge) } else { Ok(set.keys) }
}

/// The public key set of `keys` as JSON: `alg`, `use` and `kid` with every key, shared secrets left out.
pub fn publish<'k>(keys: impl IntoIterator<Item = &'k VerificationKey>) -> String {
    #[derive(Serialize)]
    struct Set<'k> {
        keys: Vec<PublicJwk<'k>>,
    }
    let set = Set { keys: keys.into_iter().filter_map(PublicJwk::of).collect() };
    // Strings and nothing else: writing them can not fail.
    serde_json::to_string(&set).unwrap_or_default()
}
