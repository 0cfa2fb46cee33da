//! Proof by breaking: every planted bug is caught, by the rule that names it.

use quash_simulation::Planted;

use crate::seeds::one;

/// So many seeds must be enough to catch any of the bugs.
const SEEDS: u64 = 60;

/// The rules that caught `bug`, one for each seed, until `expected` did.
fn caught(bug: Planted, expected: &str) -> Vec<&'static str> {
    let mut rules = Vec::new();
    for seed in 0..SEEDS {
        if let Err(violation) = one(seed, Some(bug)) {
            rules.push(violation.name());
            if violation.name() == expected {
                break;
            }
        }
    }
    rules
}

#[test]
fn every_planted_bug_is_caught_by_the_rule_that_names_it() {
    for (bug, rule) in Planted::ALL {
        let rules = caught(bug, rule);
        println!("{bug:?}: {rules:?}");
        assert!(
            rules.contains(&rule),
            "{bug:?} survived {SEEDS} seeds; {rule} did not see it, only {rules:?}"
        );
    }
}
