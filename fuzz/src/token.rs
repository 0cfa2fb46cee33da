//! Any text as a token (attack rows 1 to 16): nothing panics, what is refused is refused by name, and what verifies is
//! spelled in the one way that there is.

use std::sync::LazyLock;

use base64_simd::URL_SAFE_NO_PAD;
use quash_core::ids::Issuer;
use quash_jose::{KeySet, TokenProfile, TokenReader};

use crate::vectors;

static KEYS: LazyLock<KeySet> = LazyLock::new(vectors::keys);
static PROFILE: LazyLock<TokenProfile> = LazyLock::new(|| {
    TokenProfile::own(Issuer::new("https://quash.example").expect("an issuer"), vec!["https://api.example".into()])
});

/// Reads `data` as a token, and verifies it.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let reader = TokenReader::default();
    let Ok(token) = reader.read(text) else { return };
    assert!(text.len() <= 16 * 1024, "a token of {} bytes was read", text.len());
    assert_one_spelling(text);
    if let Ok(claims) = token.verify(&*KEYS, &PROFILE) {
        assert!(claims.expires_at() < 1 << 53, "`exp` is no number that every reader keeps");
        assert_eq!(claims.verified_issuer().as_str(), "https://quash.example");
    }
}

/// Three segments, each of which is what encoding its own bytes gives (RFC 7515 section 2, attack row 7).
pub(crate) fn assert_one_spelling(text: &str) {
    let segments: Vec<&str> = text.split('.').collect();
    assert_eq!(segments.len(), 3, "not three segments");
    for segment in segments {
        let bytes = URL_SAFE_NO_PAD.decode_to_vec(segment).expect("a segment that was read is base64url");
        assert_eq!(URL_SAFE_NO_PAD.encode_to_string(bytes), segment, "a second spelling was taken");
    }
}

/// The vectors.
pub fn seeds() -> Vec<Vec<u8>> {
    vectors::tokens()
}
