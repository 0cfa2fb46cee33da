//! Public keys as numbers, checked.

use super::elliptic::Curve;
use super::{KeyError, edwards, rsa};
use crate::alg::Algorithm;

/// The numbers of a public key. INVARIANT: only [`PublicMaterial::check`]ed ones leave this crate's loaders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PublicMaterial {
    /// RFC 7518 section 6.3.1: big-endian, without leading zeros.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
    /// RFC 7518 section 6.2.1: big-endian, as long as the field.
    Ec {
        /// The curve.
        curve: Curve,
        /// The first coordinate.
        x: Vec<u8>,
        /// The second coordinate.
        y: Vec<u8>,
    },
    /// RFC 8037 section 2: the 32 bytes of RFC 8032.
    Ed25519 {
        /// The encoded point.
        x: [u8; 32],
    },
}

impl PublicMaterial {
    /// Refuses weak and impossible keys.
    pub(crate) fn check(&self) -> Result<(), KeyError> {
        match self {
            Self::Rsa { n, e } => rsa::check(n, e),
            Self::Ec { curve, x, y } => curve.check(x, y),
            Self::Ed25519 { x } => edwards::check(x),
        }
    }

    /// Whether this is a key for `algorithm`.
    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        match self {
            Self::Rsa { .. } => matches!(algorithm, Algorithm::Rs256 | Algorithm::Ps256),
            Self::Ec { curve, .. } => algorithm == curve.algorithm(),
            Self::Ed25519 { .. } => algorithm == Algorithm::EdDsa,
        }
    }
}
