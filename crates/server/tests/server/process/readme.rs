//! The README's lines, pasted into a shell.

use std::process::Command;

use super::running::{ADMIN_KEY, Running};

#[test]
fn the_lines_of_the_readme_run_as_they_stand() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let lines = readme.split("```sh\n").find(|block| block.starts_with("export QUASH_URL")).unwrap();
    let lines = lines.split("```").next().unwrap();
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let mut shell = Command::new("bash");
    shell.args(["-e", "-c", lines]).env("QUASH_URL", &server.url).env("QUASH_ADMIN_KEY", ADMIN_KEY);
    let ran = shell.output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{ran:?}");
    let (accepted, refused) = (said.find("HTTP/1.1 200").unwrap(), said.find("HTTP/1.1 401").unwrap());
    assert!(accepted < refused, "{said}");
    assert!(said.contains("X-Auth-Subject: alice") || said.contains("x-auth-subject: alice"), "{said}");
}
