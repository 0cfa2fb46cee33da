//! Weeks in seconds: what ends is forgotten in the end, and nothing that was ended comes back (I6, I8).

use quash_simulation::soak::{Figures, Length, run};
use quash_simulation::{Planted, Violation};

/// The file is never more than so many times as large as at its largest in the first cycle: what was freed is used again.
/// Where a commit needs some pages in a row the file can grow although there are others free, so it is not once.
const MOST_OF_THE_FIRST: usize = 2;

fn try_soak(length: Length, planted: Option<Planted>) -> Result<Vec<Figures>, Violation> {
    let seed = std::env::var("QUASH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    runtime.block_on(run(seed, length, planted))
}

fn soak(length: Length) {
    let figures = try_soak(length, None).unwrap_or_else(|violation| panic!("{violation}"));
    for cycle in &figures {
        println!("{cycle}");
    }
    let bound = figures[0].most_bytes * MOST_OF_THE_FIRST;
    assert!(figures.iter().all(|cycle| cycle.most_bytes <= bound), "the file grows: {figures:?}");
    assert!(figures.iter().all(|cycle| cycle.bytes_reopened <= cycle.bytes), "{figures:?}");
    assert!(figures.iter().all(|cycle| cycle.most_rows > 100 && cycle.most_entries > 5), "{figures:?}");
}

#[test]
fn after_weeks_of_everything_memory_and_store_are_empty_again_and_the_file_does_not_grow() {
    soak(Length { cycles: 4, days: 3, busy: 1 });
}

/// `cargo test -p quash-simulation --test main -- --ignored --nocapture soak`
#[test]
#[ignore = "takes minutes; docs/operations.md says how to run it"]
fn after_half_a_year_they_are_too() {
    soak(Length { cycles: 10, days: 14, busy: 2 });
}

#[test]
fn a_store_that_forgets_nothing_is_found_out_and_so_is_one_that_forgets_too_early() {
    for (bug, rule) in [(Planted::PurgesNothing, "I8"), (Planted::EnforcesTooShort, "I6")] {
        let found = try_soak(Length { cycles: 1, days: 1, busy: 1 }, Some(bug)).unwrap_err();
        assert_eq!(found.name(), rule, "{bug:?}: {found}");
    }
}
