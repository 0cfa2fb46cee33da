//! Any text as a key set (attack rows 2, 8, 21 and 29): a set that is taken holds at least one public key, and what is
//! published of it reads as the same keys, with nothing private.

use quash_jose::{KeySet, jwks};

/// Reads `data` as a key set.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(read) = KeySet::from_jwks(text) else { return };
    assert!(!read.keys.is_empty(), "an empty set was taken");
    let published = jwks::publish(read.keys.iter());
    for private in ["\"d\"", "\"k\"", "\"p\"", "\"q\"", "\"dp\"", "\"dq\"", "\"qi\""] {
        assert!(!published.contains(&format!("{private}:")), "{private} was published");
    }
    let again = KeySet::from_jwks(&published).expect("what was published is a key set");
    assert_eq!(again.keys.len(), read.keys.len());
    assert!(again.refused.is_empty() && again.skipped == 0);
    assert_eq!(jwks::publish(again.keys.iter()), published, "a key set is published in one way");
}

/// Key sets of the vectors, and some that must be refused.
pub fn seeds() -> Vec<Vec<u8>> {
    let keys: serde_json::Value =
        serde_json::from_str(include_str!("../../vectors/keys.json")).expect("a vector file is JSON");
    let mut all = Vec::new();
    collect(&keys, &mut all);
    let sets = all.iter().map(|key| format!(r#"{{"keys":[{key}]}}"#));
    let together = format!(r#"{{"keys":[{}]}}"#, all.join(","));
    let odd = [r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#, r#"{"keys":[{"kty":"EC","crv":"P-256"}]}"#];
    sets.chain([together]).chain(odd.map(str::to_owned)).map(String::into_bytes).collect()
}

/// Everything in `value` that looks like a JWK.
fn collect(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members) if members.contains_key("kty") => found.push(value.to_string()),
        serde_json::Value::Object(members) => members.values().for_each(|member| collect(member, found)),
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}
