//! Races by brute force: S02, S03, S08, S14, S29; I1, I4, I6.

use quash_simulation::race::{End, Finish, Undos, one_token_many_times, refresh_against, undo_against_purge};
use tokio::runtime::Runtime;

/// How often each race is run.
const ROUNDS: u64 = 60;

fn threads() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap()
}

/// Runs the race again and again; in every order, what was acknowledged to be over stays over.
fn refresh_races(end: End) {
    let runtime = threads();
    let mut sum = Finish::default();
    for seed in 0..ROUNDS {
        match runtime.block_on(refresh_against(end, seed)) {
            Ok(finish) => {
                sum.renewed += finish.renewed;
                sum.refused += finish.refused;
            }
            Err(violation) => panic!("round {seed}: {violation}"),
        }
    }
    println!("{end:?}: {sum:?}");
    assert!(sum.renewed > 0 && sum.refused > 0, "both orders were seen: {sum:?}");
}

#[test]
fn no_refresh_outlives_a_logout_that_it_races_with() {
    refresh_races(End::LogOut);
}

#[test]
fn no_refresh_outlives_a_cutoff_that_it_races_with() {
    refresh_races(End::SubjectCutoff);
}

#[test]
fn sixty_four_uses_at_once_get_one_successor_and_are_no_theft() {
    let runtime = threads();
    for seed in 0..ROUNDS {
        if let Err(violation) = runtime.block_on(one_token_many_times(seed)) {
            panic!("round {seed}: {violation}");
        }
    }
}

#[test]
fn no_undo_that_races_with_purges_and_the_end_of_its_window_revives_anything() {
    let runtime = threads();
    let mut sum = Undos::default();
    for seed in 0..ROUNDS / 4 {
        match runtime.block_on(undo_against_purge(seed)) {
            Ok(undos) => {
                sum.done += undos.done;
                sum.too_late += undos.too_late;
            }
            Err(violation) => panic!("round {seed}: {violation}"),
        }
    }
    println!("{sum:?}");
    assert!(sum.done > 0 && sum.too_late > 0, "both sides of the window were seen: {sum:?}");
}
