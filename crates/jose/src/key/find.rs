//! From a token's header to the one key that may verify it.

use quash_core::defect::Defect;

use super::VerificationKey;
use crate::alg::Algorithm;

/// Keys of one issuer, to be found by what a token's header says.
pub trait FindKey {
    /// The key that a token naming `algorithm` and `key_id` must fit.
    ///
    /// # Contract
    /// The key found is for exactly `algorithm`; `key_id` is compared byte by byte and serves no other
    /// purpose: it is no path, no query and no log text (attack row 3).
    ///
    /// # Errors
    /// [`Defect::UnknownKey`] when no key, or more than one, could be meant; [`Defect::WrongAlgorithm`] when
    /// the key that is meant is for another algorithm.
    fn find_key(&self, algorithm: Algorithm, key_id: Option<&str>) -> Result<&VerificationKey, Defect>;
}

impl FindKey for VerificationKey {
    /// This key, unless the token names another.
    fn find_key(&self, algorithm: Algorithm, key_id: Option<&str>) -> Result<&VerificationKey, Defect> {
        if let (Some(ours), Some(theirs)) = (self.key_id(), key_id)
            && ours.as_str() != theirs
        {
            return Err(Defect::UnknownKey);
        }
        if self.algorithm() == algorithm { Ok(self) } else { Err(Defect::WrongAlgorithm) }
    }
}
