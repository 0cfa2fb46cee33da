//! The keys of another issuer in a file.

use quash_core::ids::KeyId;
use quash_jose::jwks::publish;
use quash_jose::{Algorithm, SigningKey};
use serde_json::Value as Json;

use super::running::Running;

#[test]
fn a_key_of_the_file_that_is_not_used_is_told_at_the_start() {
    // attack row 8: a point off its curve is refused, and who wrote the file hears of it.
    let keys: Vec<_> = ["good", "bad"]
        .map(|name| SigningKey::generate(Algorithm::Es256, Some(KeyId::new(name).unwrap())).unwrap())
        .map(|key| key.verification_key().unwrap())
        .into();
    let mut set: Json = serde_json::from_str(&publish(&keys)).unwrap();
    set["keys"][1]["y"] = set["keys"][1]["x"].clone();
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("shop.json");
    std::fs::write(&file, set.to_string()).unwrap();
    let text = format!(
        "[[issuer]]\nname = \"https://shop.example\"\njwks_file = \"{}\"\naudience = [\"api\"]\n",
        file.display()
    );
    let log = Running::configured(data.path(), &text).log();
    let told: Vec<_> = log.lines().filter(|line| line.contains("a key of the issuer is not used")).collect();
    assert_eq!(told.len(), 1, "{log}");
    assert!(told[0].contains("https://shop.example") && told[0].contains("place"), "{log}");
}
