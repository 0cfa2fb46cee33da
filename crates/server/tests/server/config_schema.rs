//! The committed schema of the configuration file.

use std::path::Path;

#[test]
fn the_committed_schema_is_the_one_that_the_code_makes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/config.schema.json");
    let committed = std::fs::read_to_string(path).unwrap();
    let committed: serde_json::Value = serde_json::from_str(&committed).unwrap();
    assert!(
        committed == quash_server::config::schema::schema(),
        "docs/config.schema.json is stale: `cargo run -- config schema > docs/config.schema.json`"
    );
}

#[test]
fn the_schema_knows_every_section_and_refuses_unknown_keys() {
    let schema = quash_server::config::schema::schema();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"]["server"]["properties"]["tls"]["additionalProperties"], false);
    let client = &schema["properties"]["client"]["items"];
    assert_eq!(client["required"], serde_json::json!(["id"]));
    assert_eq!(client["properties"]["type"]["default"], "public");
    assert_eq!(schema["properties"]["limits"]["properties"]["max_connections"]["maximum"], 1_000_000);
}
