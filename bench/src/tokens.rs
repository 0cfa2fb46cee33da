//! Tokens such as the server issues: RFC 9068, 638 bytes with HS256, 937 with RS256.

use anyhow::ensure;
use serde_json::json;

use crate::keys::{KEY_ID, Signer};

/// Who issues every token here.
pub const ISSUER: &str = "https://login.example.com";
/// Whom every token is for.
pub const AUDIENCE: &str = "https://api.example.com";
/// The client that every token was issued to.
pub const CLIENT: &str = "web";

/// What one token names.
#[derive(Clone, Debug)]
pub struct Names {
    /// `sub`.
    pub subject: String,
    /// `sid`.
    pub session: String,
    /// `jti`.
    pub token: String,
    /// `device_id`.
    pub device: String,
}

impl Names {
    /// Names that nobody else has.
    pub fn random(random: &mut fastrand::Rng) -> Self {
        Self {
            subject: format!("usr_{:016x}", random.u64(..)),
            session: id("ses_", random),
            token: id("tok_", random),
            device: format!("dev_{:016x}", random.u64(..)),
        }
    }
}

/// An id of the form that the server mints: a prefix and 36 characters.
pub fn id(prefix: &str, random: &mut fastrand::Rng) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let tail = std::iter::repeat_with(|| char::from(DIGITS[random.usize(..32)])).take(36);
    prefix.chars().chain(tail).collect()
}

/// A signed token, and what a bare verification of it needs, taken apart beforehand.
pub struct Token {
    /// The token.
    pub text: String,
    /// How much of it was signed.
    pub signed_len: usize,
    /// The signature, decoded.
    pub signature: Vec<u8>,
    /// The session that it names.
    pub session: String,
}

impl Token {
    /// The signing input.
    pub fn signed(&self) -> &[u8] {
        &self.text.as_bytes()[..self.signed_len]
    }
}

/// When tokens are issued and what they are older than.
#[derive(Clone, Copy, Debug)]
pub struct Birth {
    /// `iat` and `auth_time`, Unix seconds.
    pub issued_at: u64,
    /// `pos`.
    pub position: u64,
}

/// How long every token lives, in seconds.
pub const LIFE: u64 = 600;

/// Signs a token.
pub fn mint(signer: &Signer, birth: Birth, names: &Names) -> anyhow::Result<Token> {
    let sign = |message: &[u8]| signer.sign(message);
    mint_under((signer.algorithm().name(), KEY_ID), sign, birth, names)
}

/// Signs a token whose header names this algorithm and this key.
pub fn mint_under(
    (algorithm, key): (&str, &str),
    sign: impl FnOnce(&[u8]) -> anyhow::Result<Vec<u8>>,
    birth: Birth,
    names: &Names,
) -> anyhow::Result<Token> {
    let header = json!({"alg": algorithm, "kid": key, "typ": "at+jwt"});
    let claims = json!({
        "iss": ISSUER, "sub": names.subject, "aud": AUDIENCE, "client_id": CLIENT,
        "iat": birth.issued_at, "exp": birth.issued_at + LIFE,
        "jti": names.token, "sid": names.session, "pos": birth.position,
        "scope": "read write", "auth_time": birth.issued_at, "amr": ["pwd"],
        "device_id": names.device, "roles": ["member", "editor"],
    });
    let encode = |bytes: &[u8]| base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes);
    let mut text = encode(header.to_string().as_bytes());
    text.push('.');
    text.push_str(&encode(claims.to_string().as_bytes()));
    let signed_len = text.len();
    let signature = sign(text.as_bytes())?;
    text.push('.');
    text.push_str(&encode(&signature));
    ensure!((600..1000).contains(&text.len()), "a token of {} bytes is not of the usual size", text.len());
    Ok(Token { text, signed_len, signature, session: names.session.clone() })
}
