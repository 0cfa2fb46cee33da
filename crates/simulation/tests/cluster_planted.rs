//! Proof by breaking: every bug that is planted in the real code of a cluster is caught, by a rule that names it.

use quash_simulation::cluster::Planted;

use crate::cluster::one;

/// So many seeds must be enough to catch any of the bugs.
const SEEDS: u64 = 200;

/// Seeds that come to what is rare.
const FIRST: [u64; 1] = [117];

/// The rules that caught `bug`, one for each seed, until one of `expected` did.
fn caught(bug: Planted, expected: &[&str]) -> Vec<&'static str> {
    let mut rules = Vec::new();
    // Hard to see are those that need many things at once: one seed that comes to them is tried first.
    for seed in FIRST.into_iter().chain(0..SEEDS) {
        if let Err(violation) = one(seed, Some(bug)) {
            if let Some(place) = &violation.place {
                println!("{bug:?}: seed {}", place.seed);
            }
            rules.push(violation.name());
            if expected.contains(&violation.name()) {
                break;
            }
        }
    }
    rules
}

#[test]
fn every_bug_that_is_planted_in_a_cluster_is_caught_by_a_rule_that_names_it() {
    let only = std::env::var("QUASH_BUG").unwrap_or_default();
    let mut survivors = Vec::new();
    for (bug, expected) in Planted::ALL {
        if !format!("{bug:?}").contains(&only) {
            continue;
        }
        let rules = caught(bug, expected);
        println!("{bug:?}: {rules:?}");
        if !rules.iter().any(|rule| expected.contains(rule)) {
            survivors.push((bug, rules));
        }
    }
    assert!(survivors.is_empty(), "these survived {SEEDS} seeds: {survivors:?}");
}
