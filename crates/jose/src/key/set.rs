//! All keys of one issuer.

use std::collections::HashMap;
use std::sync::Arc;

use quash_core::defect::Defect;
use quash_core::ids::KeyId;

use super::{FindKey, VerificationKey};
use crate::alg::Algorithm;

/// Up to here comparing one by one is faster than hashing.
const FEW: usize = 8;

/// Two keys of one issuer have the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two keys have the same key id")]
pub struct DuplicateKeyId;

/// The verification keys of one issuer. Unchangeable; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    keys: Arc<[Arc<VerificationKey>]>,
    places: Arc<HashMap<Box<str>, usize>>,
}

impl KeySet {
    /// A set of `keys`.
    ///
    /// # Errors
    /// [`DuplicateKeyId`] when two of them have the same name.
    pub fn new(keys: impl IntoIterator<Item = VerificationKey>) -> Result<Self, DuplicateKeyId> {
        Self::of(keys.into_iter().map(Arc::new).collect())
    }

    fn of(keys: Vec<Arc<VerificationKey>>) -> Result<Self, DuplicateKeyId> {
        let mut places = HashMap::new();
        for (place, key) in keys.iter().enumerate() {
            if let Some(key_id) = key.key_id()
                && places.insert(key_id.as_str().into(), place).is_some()
            {
                return Err(DuplicateKeyId);
            }
        }
        Ok(Self { keys: keys.into(), places: Arc::new(places) })
    }

    /// Every key.
    pub fn iter(&self) -> impl Iterator<Item = &VerificationKey> {
        self.keys.iter().map(AsRef::as_ref)
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key named `key_id`, byte by byte.
    pub fn get(&self, key_id: &str) -> Option<&VerificationKey> {
        if self.keys.len() <= FEW {
            return self.iter().find(|key| key.key_id().is_some_and(|held| held.as_str() == key_id));
        }
        self.keys.get(*self.places.get(key_id)?).map(AsRef::as_ref)
    }

    /// The same set without the keys that `is_revoked` names: a revoked key verifies nothing any more.
    #[must_use]
    pub fn without(&self, is_revoked: impl Fn(&KeyId) -> bool) -> Self {
        let kept = self.keys.iter().filter(|key| !key.key_id().is_some_and(&is_revoked));
        // A part of a set without duplicates has none either.
        Self::of(kept.cloned().collect()).unwrap_or_default()
    }

    /// The only key that `fits`, if there is exactly one.
    fn only(&self, fits: impl Fn(&VerificationKey) -> bool) -> Result<&VerificationKey, Defect> {
        let mut fitting = self.iter().filter(|key| fits(key));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            _ => Err(Defect::UnknownKey),
        }
    }
}

impl FindKey for KeySet {
    /// The key of that name. A token without `kid` gets the only key for its algorithm; a token whose `kid`
    /// names no key gets the only key that has no name and fits its algorithm.
    fn find_key(&self, algorithm: Algorithm, key_id: Option<&str>) -> Result<&VerificationKey, Defect> {
        let Some(key_id) = key_id else {
            return self.only(|key| key.algorithm() == algorithm);
        };
        match self.get(key_id) {
            Some(key) => key.find_key(algorithm, Some(key_id)),
            None => self.only(|key| key.key_id().is_none() && key.algorithm() == algorithm),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::ShortSecret;

    fn key(algorithm: Algorithm, key_id: Option<&str>) -> VerificationKey {
        let key_id = key_id.map(|key_id| KeyId::new(key_id).unwrap());
        VerificationKey::from_secret(algorithm, &[7; 64], key_id, ShortSecret::Refuse).unwrap()
    }

    fn found(set: &KeySet, algorithm: Algorithm, key_id: Option<&str>) -> Result<Option<String>, Defect> {
        set.find_key(algorithm, key_id).map(|key| key.key_id().map(|key_id| key_id.as_str().to_owned()))
    }

    #[test]
    fn a_key_is_found_by_its_name_byte_by_byte_in_small_and_large_sets() {
        // Attack row 3.
        for count in [2, 100] {
            let keys = (0..count).map(|number| key(Algorithm::Hs256, Some(&format!("k{number}"))));
            let set = KeySet::new(keys).unwrap();
            assert_eq!(found(&set, Algorithm::Hs256, Some("k1")), Ok(Some("k1".to_owned())));
            for stranger in ["K1", "k1 ", "../k1", "/dev/null", "k1\0", "' OR 1=1 --", ""] {
                assert_eq!(found(&set, Algorithm::Hs256, Some(stranger)), Err(Defect::UnknownKey));
            }
            assert_eq!(found(&set, Algorithm::Hs512, Some("k1")), Err(Defect::WrongAlgorithm));
        }
    }

    #[test]
    fn a_token_without_a_key_id_gets_the_only_key_that_fits_or_none() {
        let set = KeySet::new([key(Algorithm::Hs256, Some("a")), key(Algorithm::Hs512, Some("b"))]).unwrap();
        assert_eq!(found(&set, Algorithm::Hs256, None), Ok(Some("a".to_owned())));
        assert_eq!(found(&set, Algorithm::Hs384, None), Err(Defect::UnknownKey));
        let set = KeySet::new([key(Algorithm::Hs256, Some("a")), key(Algorithm::Hs256, Some("b"))]).unwrap();
        assert_eq!(found(&set, Algorithm::Hs256, None), Err(Defect::UnknownKey));
    }

    #[test]
    fn a_key_without_a_name_serves_tokens_that_name_nobody_here() {
        let set = KeySet::new([key(Algorithm::Hs256, None)]).unwrap();
        assert_eq!(found(&set, Algorithm::Hs256, Some("anything")), Ok(None));
        assert_eq!(found(&set, Algorithm::Hs256, None), Ok(None));
        let set = KeySet::new([key(Algorithm::Hs256, Some("a"))]).unwrap();
        assert_eq!(found(&set, Algorithm::Hs256, Some("b")), Err(Defect::UnknownKey));
    }

    #[test]
    fn two_keys_of_one_name_are_no_set() {
        // Attack row 29.
        let keys = [key(Algorithm::Hs256, Some("a")), key(Algorithm::Hs512, Some("a"))];
        assert_eq!(KeySet::new(keys).err(), Some(DuplicateKeyId));
    }

    #[test]
    fn a_revoked_key_is_no_longer_found() {
        let set = KeySet::new([key(Algorithm::Hs256, Some("a")), key(Algorithm::Hs512, Some("b"))]).unwrap();
        let rest = set.without(|key_id| key_id.as_str() == "a");
        assert_eq!(found(&rest, Algorithm::Hs256, Some("a")), Err(Defect::UnknownKey));
        assert_eq!(found(&rest, Algorithm::Hs512, Some("b")), Ok(Some("b".to_owned())));
    }
}
