//! `quash tail`, over real HTTP.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value as Json, json};

use super::running::{ADMIN_KEY, Running};

fn tail(url: &str, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_quash"))
        .args(["tail", "--url", url])
        .args(arguments)
        .env("QUASH_ADMIN_KEY", ADMIN_KEY)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn the_feed_is_shown_line_by_line_and_gone_on_with_after_a_restart_of_the_server() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let address = server.url.trim_start_matches("http://").parse().unwrap();
    let mut tail = tail(&server.url, &["-o", "json", "--after", "0", "--count", "2"]);
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    server.revoke(&json!({"type": "subject", "id": "alice"}));
    let first: Json = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(first["target"], json!({"type": "subject", "id": "alice"}));
    server.kill();
    let server = Running::at(address, data.path(), "");
    let second = server.revoke(&json!({"type": "subject", "id": "bob"})).body["position"].clone();
    let shown: Json = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!((&shown["position"], &shown["target"]["id"]), (&second, &json!("bob")));
    assert!(lines.next().is_none(), "two were asked for");
    assert_eq!(tail.wait().unwrap().code(), Some(0));
}

#[test]
fn people_get_a_table() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    server.revoke(&json!({"type": "subject", "id": "alice"}));
    let shown = tail(&server.url, &["--after", "0", "--count", "1"]).wait_with_output().unwrap();
    let text = String::from_utf8(shown.stdout).unwrap();
    let mut lines = text.lines();
    assert!(lines.next().unwrap().starts_with("POSITION"), "{text}");
    assert!(lines.next().unwrap().contains("subject:alice"), "{text}");
}

#[test]
fn a_server_that_refuses_is_not_asked_again() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let ran = Command::new(env!("CARGO_BIN_EXE_quash"))
        .args(["tail", "--url", &server.url])
        .env("QUASH_ADMIN_KEY", "another-key-that-the-server-does-not-know")
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(2), "{ran:?}");
}
