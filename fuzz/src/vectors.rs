//! The language-neutral vectors of the repository: tokens, good and bad, and the keys that they name.

use quash_core::ids::KeyId;
use quash_jose::{Algorithm, KeySet, ShortSecret, VerificationKey};
use serde_json::Value;

const TOKENS: [&str; 6] = [
    include_str!("../../vectors/tokens/accepted.json"),
    include_str!("../../vectors/tokens/claims.json"),
    include_str!("../../vectors/tokens/foreign.json"),
    include_str!("../../vectors/tokens/form.json"),
    include_str!("../../vectors/tokens/header.json"),
    include_str!("../../vectors/tokens/signatures.json"),
];

/// The texts of all tokens.
pub(crate) fn tokens() -> Vec<Vec<u8>> {
    let lists = TOKENS.iter().map(|text| serde_json::from_str::<Value>(text).expect("a vector file is JSON"));
    let cases = lists.flat_map(|list| list.as_array().cloned().unwrap_or_default());
    cases.filter_map(|case| case["token"].as_str().map(|token| token.as_bytes().to_vec())).collect()
}

/// A secret that signs and verifies here, and the key set that it makes.
pub(crate) const SECRET: [u8; 32] = [0x5a; 32];

/// The key set of [`SECRET`].
pub(crate) fn keys() -> KeySet {
    let id = KeyId::new("fuzz").expect("an id");
    let key = VerificationKey::from_secret(Algorithm::Hs256, &SECRET, Some(id), ShortSecret::Refuse);
    KeySet::new([key.expect("a secret of the right length")]).expect("one key")
}
