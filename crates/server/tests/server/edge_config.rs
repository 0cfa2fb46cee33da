//! The configuration of an edge (design section 9): from the same layers as a server's.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use quash_server::config::Config;
use quash_server::config::edge::StalePolicy;
use quash_server::config::edge_node::{EdgeConfig, LoadedEdge};
use quash_server::config::names::HttpUrl;
use quash_server::config::sources::{File, Flag, Sources};

const KEY: &str = "the key of the edge: 32 characters or more";

/// The least that there must be beside the key.
const LEAST: &str = "[edge]\nauthority = [\"https://auth.example/\"]\n";

fn sources(text: &str) -> Sources {
    let file =
        File { name: "quash.toml".to_owned(), directory: PathBuf::from("/etc/quash"), text: text.to_owned() };
    let key: String = KEY.replace(' ', "-");
    let environment = BTreeMap::from([("QUASH_FEED_KEY".to_owned(), key)]);
    Sources { file: Some(file), environment, ..Sources::default() }
}

fn load(sources: Sources) -> EdgeConfig {
    load_all(sources).config
}

fn load_all(sources: Sources) -> LoadedEdge {
    EdgeConfig::load(sources).unwrap_or_else(|problems| panic!("{problems}"))
}

fn problems(sources: Sources) -> Vec<String> {
    match EdgeConfig::load(sources) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.0.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn the_defaults_are_those_of_the_design() {
    let config = load(sources(LEAST));
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:7071");
    assert_eq!(config.server.data, PathBuf::from("quash-edge-data"));
    assert_eq!(config.follow.max_staleness, Duration::from_secs(10));
    assert_eq!(config.follow.stale_policy, StalePolicy::Deny);
    assert_eq!(config.follow.authority[0].trimmed(), "https://auth.example");
    assert!(load_all(sources(LEAST)).warnings.is_empty());
}

#[test]
fn a_state_may_not_be_older_than_a_minute() {
    for (value, allowed) in [("60s", true), ("61s", false), ("1s", true), ("999ms", false)] {
        let found = problems(sources(&format!("{LEAST}max_staleness = \"{value}\"\n")));
        assert_eq!(found.is_empty(), allowed, "{value}: {found:?}");
    }
}

#[test]
fn flags_name_several_authorities() {
    let text = "https://a.example,https://b.example".to_owned();
    let flags = vec![Flag { name: "--authority", key: "edge.authority", text }];
    let config = load(Sources { flags, ..sources("") });
    let named: Vec<String> = config.follow.authority.iter().map(HttpUrl::trimmed).collect();
    assert_eq!(named, ["https://a.example", "https://b.example"]);
}

#[test]
fn everything_that_is_missing_is_said_at_once() {
    let found = problems(Sources::default()).join("\n");
    assert!(found.contains("edge.authority") && found.contains("QUASH_FEED_KEY"), "{found}");
}

#[test]
fn an_edge_and_its_authority_can_read_one_file() {
    // Each leaves the sections of the other alone, and neither lets a key pass that nobody knows.
    let text = "[server]\npublic_url = \"https://auth.example\"\nadmin_listen = \"127.0.0.1:1\"\n\
                [tokens]\nalgorithm = \"EdDSA\"\n[[client]]\nid = \"web\"\naudience = [\"https://api.example\"]\n\
                [edge]\nauthority = [\"https://auth.example\"]\n";
    assert_eq!(load(sources(text)).server.admin_listen, None);
    assert!(Config::load(Sources { environment: BTreeMap::new(), ..sources(text) }).is_ok());
    let misspelt = text.replace("authority =", "autority =");
    assert!(problems(sources(&misspelt)).join("\n").contains("did you mean `authority`?"));
}

#[test]
fn the_administrator_s_key_is_none_of_an_edge_s_business() {
    let mut sources = sources(LEAST);
    sources.environment.insert("QUASH_ADMIN_KEY".to_owned(), "too short".to_owned());
    load(sources);
}

#[test]
fn the_key_does_not_travel_unprotected_by_oversight() {
    let plain = LEAST.replace("https", "http");
    assert!(problems(sources(&plain)).join("\n").contains("plain HTTP"));
    let wanted = load_all(sources(&format!("{plain}plain_http = true\n")));
    assert_eq!(wanted.warnings.len(), 1);
    load(sources(&plain.replace("auth.example", "127.0.0.1:7070")));
}

#[test]
fn what_the_feed_can_not_use_is_a_problem_of_the_configuration() {
    let problem = |text: &str| problems(sources(text)).join("\n");
    assert!(problem("[edge]\nauthority = [\"https://a.example/?x=1\"]\n").contains("query"));
    assert!(problem(&format!("{LEAST}name = \"{}\"\n", "n".repeat(257))).contains("256 bytes"));
    assert!(problem(&format!("{LEAST}name = \"a\\nb\"\n")).contains("control characters"));
    load(sources(&format!("{LEAST}name = \"{}\"\n", "n".repeat(256))));
}

#[test]
fn letting_revoked_tokens_pass_is_said_aloud() {
    let loaded = load_all(sources(&format!("{LEAST}stale_policy = \"allow\"\n")));
    assert!(loaded.warnings[0].contains("unfenced"));
}
