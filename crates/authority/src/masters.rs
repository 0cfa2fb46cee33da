//! The master secrets: what refresh tokens are made under and signing keys are wrapped with.

use std::collections::BTreeMap;
use std::fmt;

use quash_core::session::grant::MasterId;
use quash_jose::derive::derive;
use quash_jose::mac::MacKey;
use quash_jose::wrap::WrappingKey;
use quash_jose::{KeyError, UserSecrets};
use zeroize::Zeroizing;

use crate::error::Error;

/// One master secret, used for nothing but deriving keys. Wiped when dropped.
#[derive(Clone)]
pub struct Master(Zeroizing<[u8; 32]>);

impl Master {
    /// A master secret from 32 random bytes.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes: for the file they are kept in.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Master(..)")
    }
}

/// All master secrets that grants or keys may still name, and which of them is used for new ones.
///
/// They live outside the store and its backups. A grant names its master for life, so masters are added and
/// the current one is changed without breaking anybody.
pub struct Masters {
    current: MasterId,
    keys: BTreeMap<MasterId, DerivedKeys>,
    user_secrets: UserSecrets,
}

struct DerivedKeys {
    refresh_mac: MacKey,
    key_wrapping: WrappingKey,
    cursor_sealing: WrappingKey,
}

impl DerivedKeys {
    /// INVARIANT: never changed. Refresh tokens in the hands of clients and keys in stores depend on it.
    fn of(master: &Master) -> Result<Self, KeyError> {
        let derived = |purpose: &[u8]| derive(master.expose(), b"", &[b"quash", purpose, b"1"]);
        Ok(Self {
            refresh_mac: MacKey::new(&*derived(b"refresh token mac")?),
            key_wrapping: WrappingKey::new(&*derived(b"signing key wrapping")?)?,
            cursor_sealing: WrappingKey::new(&*derived(b"session cursor")?)?,
        })
    }
}

/// Why the master secrets can not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MastersError {
    /// The one that is to be used for what is new is not among those given.
    #[error("master {} is to be the current one but is not there", .0.0)]
    CurrentIsMissing(MasterId),
    /// Two have the same number.
    #[error("master {} is there twice", .0.0)]
    Twice(MasterId),
    /// The cryptographic library refused.
    #[error("no key could be derived from a master")]
    Crypto,
}

impl Masters {
    /// The masters `all`, of which `current` is used for what is new.
    ///
    /// # Errors
    /// [`MastersError`]: nothing may be started then.
    pub fn new(
        current: MasterId,
        all: impl IntoIterator<Item = (MasterId, Master)>,
    ) -> Result<Self, MastersError> {
        let mut keys = BTreeMap::new();
        for (id, master) in all {
            let derived = DerivedKeys::of(&master).map_err(|_| MastersError::Crypto)?;
            if keys.insert(id, derived).is_some() {
                return Err(MastersError::Twice(id));
            }
        }
        if keys.contains_key(&current) {
            Ok(Self { current, keys, user_secrets: UserSecrets::default() })
        } else {
            Err(MastersError::CurrentIsMissing(current))
        }
    }

    /// A single master, number 1.
    ///
    /// # Errors
    /// [`MastersError::Crypto`] when the cryptographic library refuses.
    pub fn single(master: Master) -> Result<Self, MastersError> {
        Self::new(MasterId(1), [(MasterId(1), master)])
    }

    /// The same masters, and beside them the secrets that the keys of single subjects are derived from (S20): with them,
    /// the tokens of sessions are signed with such keys, and with them alone.
    #[must_use]
    pub fn with_user_secrets(self, user_secrets: UserSecrets) -> Self {
        Self { user_secrets, ..self }
    }

    /// The secrets of the keys of single subjects; empty where there are no such keys.
    pub(crate) const fn user_secrets(&self) -> &UserSecrets {
        &self.user_secrets
    }

    /// The one that is used for what is new.
    pub const fn current(&self) -> MasterId {
        self.current
    }

    /// The key of the refresh tokens of `master`; none when that master is not here.
    pub(crate) fn refresh_mac(&self, master: MasterId) -> Option<&MacKey> {
        self.keys.get(&master).map(|keys| &keys.refresh_mac)
    }

    /// The key that wraps signing keys under `master`.
    pub(crate) fn key_wrapping(&self, master: MasterId) -> Result<&WrappingKey, Error> {
        self.keys.get(&master).map(|keys| &keys.key_wrapping).ok_or_else(|| missing(master))
    }

    /// The key that seals cursors under `master`.
    pub(crate) fn cursor_sealing(&self, master: MasterId) -> Result<&WrappingKey, Error> {
        self.keys.get(&master).map(|keys| &keys.cursor_sealing).ok_or_else(|| missing(master))
    }
}

/// A master that something stored names is not configured.
pub(crate) fn missing(master: MasterId) -> Error {
    Error::Keys(format!("master {} is not configured", master.0).into())
}

impl fmt::Debug for Masters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<u32> = self.keys.keys().map(|id| id.0).collect();
        f.debug_struct("Masters").field("current", &self.current.0).field("ids", &ids).finish_non_exhaustive()
    }
}
