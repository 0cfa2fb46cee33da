//! `ARCHITECTURE.md` opens with the steps that a revocation travels: the same as the test's, and each a file that is
//! there.

use std::path::{Path, PathBuf};

use crate::revocation_travels::STEPS;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The steps as the document lists them: `1. **[name](link)**`.
fn listed() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let section = text.split("\n## ").find(|section| section.starts_with("A revocation travels"));
    let lines = section.expect("the section `A revocation travels`").lines();
    lines.filter_map(step).collect()
}

fn step(line: &str) -> Option<(String, String)> {
    let (number, rest) = line.split_once(". **[")?;
    let (name, rest) = rest.split_once("](")?;
    let (target, _) = rest.split_once(")**")?;
    number.parse::<u8>().ok()?;
    Some((name.to_owned(), target.to_owned()))
}

#[test]
fn the_document_lists_the_steps_that_the_test_runs() {
    let names: Vec<String> = listed().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, STEPS.map(|(name, _)| name));
}

#[test]
fn every_step_links_to_a_file_that_is_there() {
    for (name, link) in listed() {
        assert!(root().join(&link).is_file(), "{name}: there is no {link}");
    }
}

#[test]
fn the_document_links_to_the_test() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(text.contains("(crates/simulation/tests/revocation_travels.rs)"));
}
