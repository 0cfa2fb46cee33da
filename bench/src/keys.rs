//! Signing keys of the four algorithms, and their public halves as everybody wants them.

use anyhow::anyhow;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};

/// The algorithms that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC-SHA256 with a secret of 32 bytes.
    Hs256,
    /// RSA of 2048 bits, PKCS #1 v1.5, SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// All of them, in the order of the table.
pub const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::Hs256, Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];

impl Algorithm {
    /// `alg` (RFC 7518 section 3.1, RFC 8037 section 3.1).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// The `kid` of every key here.
pub const KEY_ID: &str = "key_0123456789abcdefghjkmnpqrs";

/// A key that signs.
pub struct Signer {
    algorithm: Algorithm,
    private: Private,
}

enum Private {
    Secret([u8; 32]),
    Rsa(RsaKeyPair),
    Elliptic(EcdsaKeyPair),
    Edwards(Ed25519KeyPair),
}

impl Signer {
    /// A new key.
    pub fn generate(algorithm: Algorithm) -> anyhow::Result<Self> {
        let private = match algorithm {
            Algorithm::Hs256 => {
                let mut secret = [0; 32];
                aws_lc_rs::rand::fill(&mut secret)?;
                Private::Secret(secret)
            }
            Algorithm::Rs256 => Private::Rsa(RsaKeyPair::generate(KeySize::Rsa2048)?),
            Algorithm::Es256 => Private::Elliptic(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?),
            Algorithm::EdDsa => Private::Edwards(Ed25519KeyPair::generate()?),
        };
        Ok(Self { algorithm, private })
    }

    /// Which algorithm it is for.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The signature over `message`, as JWS spells it.
    pub fn sign(&self, message: &[u8]) -> anyhow::Result<Vec<u8>> {
        Ok(match &self.private {
            Private::Secret(secret) => {
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec()
            }
            Private::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
                signature
            }
            Private::Elliptic(pair) => pair.sign(&SystemRandom::new(), message)?.as_ref().to_vec(),
            Private::Edwards(pair) => pair.sign(message).as_ref().to_vec(),
        })
    }

    /// The bare verifier: the crypto library alone, its key parsed once.
    pub fn bare(&self) -> anyhow::Result<Bare> {
        let parsed = |algorithm, bytes: &[u8]| ParsedPublicKey::new(algorithm, bytes).map(Bare::Public);
        Ok(match &self.private {
            Private::Secret(secret) => Bare::Secret(hmac::Key::new(hmac::HMAC_SHA256, secret)),
            Private::Rsa(pair) => parsed(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref())?,
            Private::Elliptic(pair) => parsed(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref())?,
            Private::Edwards(pair) => parsed(&ED25519, pair.public_key().as_ref())?,
        })
    }

    /// The key that checks the signatures, a JWK (RFC 7517); the secret itself for HS256.
    pub fn verification_jwk(&self) -> anyhow::Result<Value> {
        let text = |bytes: &[u8]| base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes);
        let mut jwk = match &self.private {
            Private::Secret(secret) => json!({"kty": "oct", "k": text(secret)}),
            Private::Rsa(pair) => {
                let public = pair.public_key();
                let modulus = public.modulus().big_endian_without_leading_zero();
                let exponent = public.exponent().big_endian_without_leading_zero();
                json!({"kty": "RSA", "n": text(modulus), "e": text(exponent)})
            }
            Private::Elliptic(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = point
                    .get(1..33)
                    .zip(point.get(33..65))
                    .ok_or_else(|| anyhow!("a P-256 point has 65 bytes"))?;
                json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y)})
            }
            Private::Edwards(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref())})
            }
        };
        for (name, value) in [("alg", self.algorithm.name()), ("kid", KEY_ID), ("use", "sig")] {
            jwk[name] = value.into();
        }
        Ok(jwk)
    }

    /// The secret of an HS256 key.
    pub fn secret(&self) -> Option<&[u8]> {
        match &self.private {
            Private::Secret(secret) => Some(secret),
            _ => None,
        }
    }
}

/// The crypto library alone.
pub enum Bare {
    /// HMAC-SHA256.
    Secret(hmac::Key),
    /// A signature.
    Public(ParsedPublicKey),
}

impl Bare {
    /// Whether `signature` is good for `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Secret(key) => hmac::verify(key, message, signature).is_ok(),
            Self::Public(key) => key.verify_sig(message, signature).is_ok(),
        }
    }
}
