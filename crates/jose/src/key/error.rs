//! Why a key is not taken.

/// What is wrong with a key. Found when it is loaded, never when a token arrives; no key material is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text or the bytes are not a key in the expected form.
    #[error("not a key in the expected form")]
    Malformed,
    /// `kty`, `crv`, `alg`, `use` or `key_ops` names something that is not done here. In a key set such
    /// entries are passed over (RFC 7517 section 5).
    #[error("the key is of a kind or for a purpose that is not supported")]
    Unsupported,
    /// `alg`, `crv`, `use` and `key_ops` contradict each other, or the algorithm is not one for this key.
    #[error("the key contradicts itself or its algorithm")]
    Contradiction,
    /// Private members, or a shared secret, where a public key is expected. Its owner should replace it.
    #[error("the key holds private members")]
    Private,
    /// The key id is empty, longer than 256 bytes, or holds a control character.
    #[error("the key id is not an id")]
    BadKeyId,
    /// The RSA modulus has fewer than 2,048 or more than 8,192 bits, or is even.
    #[error("the rsa modulus is not an odd number of 2048 to 8192 bits")]
    RsaModulus,
    /// The RSA exponent is below 3, even, or has more than 32 bits.
    #[error("the rsa exponent is not an odd number from 3 to 2^32")]
    RsaExponent,
    /// The RSA modulus bears the fingerprint of a broken generator (ROCA, CVE-2017-15361).
    #[error("the rsa modulus comes from a broken generator")]
    Roca,
    /// The point is not on the curve, is of small order, or is not spelt canonically.
    #[error("the point is not a usable one of its curve")]
    Point,
    /// The secret is empty. No relaxation allows that.
    #[error("the secret is empty")]
    EmptySecret,
    /// The secret is shorter than the hash of its algorithm (RFC 7518 section 3.2).
    #[error("the secret is shorter than the hash of its algorithm")]
    ShortSecret,
    /// The secret is the text of a public key (PEM, JWK or OpenSSH), which is known to everybody.
    #[error("the secret is the text of a public key")]
    NotASecret,
    /// The cryptographic library failed where it never should.
    #[error("the cryptographic library refused the operation")]
    Crypto,
}
