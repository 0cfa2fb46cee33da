//! The two Weierstrass curves (RFC 7518 section 6.2).

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, EcdsaVerificationAlgorithm, ParsedPublicKey,
};

use super::KeyError;
use crate::alg::Algorithm;

/// A curve, which is a key's algorithm as well: each is used with one hash only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
}

impl Curve {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "P-256" => Some(Self::P256),
            "P-384" => Some(Self::P384),
            _ => None,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        }
    }

    pub(crate) const fn of(algorithm: Algorithm) -> Option<Self> {
        match algorithm {
            Algorithm::Es256 => Some(Self::P256),
            Algorithm::Es384 => Some(Self::P384),
            _ => None,
        }
    }

    pub(crate) const fn algorithm(self) -> Algorithm {
        match self {
            Self::P256 => Algorithm::Es256,
            Self::P384 => Algorithm::Es384,
        }
    }

    /// How many bytes a coordinate has.
    pub(crate) const fn coordinate_length(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }

    /// What stands before the uncompressed point in a `SubjectPublicKeyInfo` (RFC 5480 section 2).
    pub(super) const fn public_key_info_prefix(self) -> &'static [u8] {
        match self {
            Self::P256 => {
                b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00"
            }
            Self::P384 => {
                b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00"
            }
        }
    }

    fn verification(self) -> &'static EcdsaVerificationAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_FIXED,
            Self::P384 => &ECDSA_P384_SHA384_FIXED,
        }
    }

    /// The coordinates of the uncompressed point `point` (SEC 1 section 2.3.3).
    pub(super) fn split(self, point: &[u8]) -> Result<(Vec<u8>, Vec<u8>), KeyError> {
        let (form, coordinates) = point.split_first().ok_or(KeyError::Malformed)?;
        let (x, y) = coordinates.split_at_checked(self.coordinate_length()).ok_or(KeyError::Malformed)?;
        if *form == 4 && y.len() == x.len() { Ok((x.to_vec(), y.to_vec())) } else { Err(KeyError::Malformed) }
    }

    /// The point with these coordinates, ready to verify with; the library refuses one that is not on the
    /// curve.
    pub(super) fn prepare(self, x: &[u8], y: &[u8]) -> Result<ParsedPublicKey, KeyError> {
        if x.len() != self.coordinate_length() || y.len() != self.coordinate_length() {
            return Err(KeyError::Malformed);
        }
        let point = [&[4], x, y].concat();
        ParsedPublicKey::new(self.verification(), point).map_err(|_| KeyError::Point)
    }

    pub(super) fn check(self, x: &[u8], y: &[u8]) -> Result<(), KeyError> {
        self.prepare(x, y).map(drop)
    }
}
