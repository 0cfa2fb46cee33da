//! The keys of single subjects, derived from a secret that all of them share (S20).

use std::fmt;

use aws_lc_rs::hkdf::{HKDF_SHA256, Prk, Salt};
use quash_core::ids::{Issuer, KeyId};
use quash_core::position::Position;
use quash_core::revocation::target_key::LogKey;
use zeroize::Zeroizing;

use super::{KeyError, Secret, ShortSecret, SigningKey, VerificationKey};
use crate::alg::Algorithm;
use crate::base64url;
use crate::derive::with_lengths;

/// What the name of every such key begins with. Keys of an issuer are named otherwise.
const PREFIX: &str = "user_";

/// How many random bytes a secret must have at least.
const LEAST: usize = 32;

/// The secrets that keys of subjects are derived from. The first one signs, the others still verify. Wiped by the library
/// when they are dropped, never printed.
///
/// Whoever holds one can sign in the name of every subject: it is for verifiers of one's own alone.
#[derive(Clone, Default)]
pub struct UserSecrets(Vec<UserSecret>);

#[derive(Clone)]
struct UserSecret {
    id: Box<str>,
    key: Prk,
}

/// Whose key, and which one of them.
#[derive(Clone, Copy, Debug)]
pub struct KeyOwner<'a> {
    /// The log that the generations are positions of: data that is begun anew begins with other keys.
    pub log: &'a LogKey,
    /// Who signs.
    pub issuer: &'a Issuer,
    /// `sub`.
    pub subject: &'a str,
    /// The position of the entry that rotated it last; zero for one that never was.
    pub generation: Position,
}

/// What a `kid` says that names the key of a subject: `user_`, the id of a secret, a dot and the generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserKeyName<'a> {
    /// The id of the secret that the key is derived from.
    pub secret: &'a str,
    /// The generation.
    pub generation: Position,
}

impl<'a> UserKeyName<'a> {
    /// The name that `key_id` is, if it is one. Numbers are read in their one shortest spelling.
    pub fn parse(key_id: &'a str) -> Option<Self> {
        let (secret, digits) = key_id.strip_prefix(PREFIX)?.split_once('.')?;
        let number: u64 = digits.parse().ok().filter(|number: &u64| number.to_string() == digits)?;
        Some(Self { secret, generation: Position::new(number).ok()? })
    }
}

impl fmt::Display for UserKeyName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}.{}", self.secret, self.generation.number())
    }
}

impl UserSecrets {
    /// The secrets `all`, of which the first signs. None at all is no use of such keys.
    ///
    /// # Errors
    /// [`KeyError::ShortSecret`] for one of less than 32 bytes, [`KeyError::Contradiction`] for one that is there twice,
    /// or [`KeyError::Crypto`].
    pub fn new(all: impl IntoIterator<Item = Secret>) -> Result<Self, KeyError> {
        all.into_iter().try_fold(Self::default(), |mut secrets, secret| {
            let secret = UserSecret::of(&secret)?;
            if secrets.holds(&secret.id) {
                return Err(KeyError::Contradiction);
            }
            secrets.0.push(secret);
            Ok(secrets)
        })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ids, in order. They follow from the secrets and tell nothing about them.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|secret| &*secret.id)
    }

    /// Whether the secret of this id is here.
    pub fn holds(&self, id: &str) -> bool {
        self.ids().any(|held| held == id)
    }

    /// The key that signs for `owner`, under its name; none without a secret.
    ///
    /// # Errors
    /// [`KeyError::Crypto`], which nothing that is here can cause.
    pub fn signing_key(&self, owner: &KeyOwner<'_>) -> Result<Option<SigningKey>, KeyError> {
        let Some(secret) = self.0.first() else { return Ok(None) };
        let name = UserKeyName { secret: &secret.id, generation: owner.generation }.to_string();
        let key_id = KeyId::new(name).map_err(|_| KeyError::BadKeyId)?;
        let key = secret.key_of(owner)?;
        SigningKey::from_private_bytes(Algorithm::Hs256, &*key, Some(key_id)).map(Some)
    }

    /// The key, derived from the secret of this id, that verifies for `owner`; none where that secret is not here.
    pub(crate) fn verification_key(
        &self,
        id: &str,
        owner: &KeyOwner<'_>,
    ) -> Result<Option<VerificationKey>, KeyError> {
        let Some(secret) = self.0.iter().find(|secret| &*secret.id == id) else { return Ok(None) };
        let key = secret.key_of(owner)?;
        VerificationKey::from_secret(Algorithm::Hs256, &*key, None, ShortSecret::Refuse).map(Some)
    }
}

impl UserSecret {
    fn of(secret: &Secret) -> Result<Self, KeyError> {
        if secret.expose().len() < LEAST {
            return Err(KeyError::ShortSecret);
        }
        let key = Salt::new(HKDF_SHA256, b"").extract(secret.expose());
        let id = expand(&key, &[b"quash", b"user secret id", b"1"])?;
        let id = id.first_chunk::<8>().map(|id| base64url::encode(id)).unwrap_or_default();
        Ok(Self { id: id.into(), key })
    }

    /// INVARIANT: never changed. Tokens in the hands of clients and verifiers of other versions depend on it.
    fn key_of(&self, owner: &KeyOwner<'_>) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let KeyOwner { log, issuer, subject, generation } = owner;
        let generation = generation.number().to_be_bytes();
        let (issuer, subject) = (issuer.as_str().as_bytes(), subject.as_bytes());
        expand(&self.key, &[b"quash", b"user key", b"1", log.expose(), issuer, subject, &generation])
    }
}

/// 32 bytes (RFC 5869 section 2.3).
fn expand(key: &Prk, info: &[&[u8]]) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let info = with_lengths(info);
    let info = [info.as_slice()];
    let expanded = key.expand(&info, HKDF_SHA256).map_err(|_| KeyError::Crypto)?;
    let mut bytes = Zeroizing::new([0; 32]);
    expanded.fill(bytes.as_mut_slice()).map_err(|_| KeyError::Crypto)?;
    Ok(bytes)
}

impl fmt::Debug for UserSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(bytes: &[u8]) -> UserSecrets {
        UserSecrets::new(bytes.iter().map(|byte| Secret::new(vec![*byte; 32]))).unwrap()
    }

    fn key(
        secrets: &UserSecrets,
        log: u8,
        issuer: &str,
        subject: &str,
        generation: u64,
    ) -> (String, Vec<u8>) {
        let issuer = Issuer::new(issuer).unwrap();
        let generation = Position::new(generation).unwrap();
        let log = LogKey::from_random([log; 16]);
        let owner = KeyOwner { log: &log, issuer: &issuer, subject, generation };
        let key = secrets.signing_key(&owner).unwrap().unwrap();
        (key.key_id().unwrap().as_str().to_owned(), key.private_bytes().unwrap().expose().to_vec())
    }

    #[test]
    fn a_key_follows_from_secret_log_issuer_subject_and_generation() {
        // S20
        let one = key(&secrets(&[1, 2]), 9, "https://a.example", "alice", 0);
        assert_eq!(one, key(&secrets(&[1]), 9, "https://a.example", "alice", 0), "the first one signs");
        let others = [
            key(&secrets(&[2, 1]), 9, "https://a.example", "alice", 0),
            key(&secrets(&[1]), 8, "https://a.example", "alice", 0),
            key(&secrets(&[1]), 9, "https://b.example", "alice", 0),
            key(&secrets(&[1]), 9, "https://a.example", "alic", 0),
            key(&secrets(&[1]), 9, "https://a.example", "alice", 7),
        ];
        for other in others {
            assert_ne!(one.1, other.1);
        }
    }

    #[test]
    fn the_derivation_never_changes() {
        // Computed apart from this code as HKDF-SHA-256 with an empty salt, info = length and bytes of each part.
        let (name, key) = key(&secrets(&[7]), 9, "https://a.example", "alice", 258);
        assert_eq!(name, NAME);
        assert_eq!(base64url::encode(&key), KEY);
    }

    const NAME: &str = "user_kBVDl0lEukA.258";
    const KEY: &str = "kWKwIljDb89LFg2QCfcS_dx0pZL7YFARQ-bBeTg-V24";

    #[test]
    fn a_name_is_read_in_its_one_spelling() {
        let read = UserKeyName::parse("user_abc-_.42").unwrap();
        assert_eq!((read.secret, read.generation.number()), ("abc-_", 42));
        assert_eq!(read.to_string(), "user_abc-_.42");
        assert!(UserKeyName::parse("user_.0").is_some(), "a secret without an id is nobody's");
        for other in [
            "",
            "abc.42",
            "user_abc",
            "user_abc.",
            "user_abc.042",
            "user_abc.+4",
            "user_abc.4.2",
            "USER_abc.4",
        ] {
            assert_eq!(UserKeyName::parse(other), None, "{other}");
        }
        assert_eq!(UserKeyName::parse("user_a.9007199254740992"), None, "beyond every position");
    }

    #[test]
    fn a_short_or_repeated_secret_is_refused_and_none_is_shown() {
        assert_eq!(UserSecrets::new([Secret::new(vec![1; 31])]).err(), Some(KeyError::ShortSecret));
        let twice = [Secret::new(vec![1; 32]), Secret::new(vec![1; 32])];
        assert_eq!(UserSecrets::new(twice).err(), Some(KeyError::Contradiction));
        let shown = format!("{:?}", secrets(&[7]));
        assert!(shown.len() < 20 && !shown.contains('7'), "{shown}");
    }
}
