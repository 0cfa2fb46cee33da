//! Many seeds of a whole cluster, every rule after every step. `QUASH_SEED=7` runs one of them, `QUASH_SEEDS=5000` runs
//! so many.

use std::sync::atomic::{AtomicUsize, Ordering};

use quash_simulation::cluster::{Planted, Report, run};
use quash_simulation::{Coverage, Violation};

use crate::seeds::chosen;

/// How many steps a run takes.
const STEPS: usize = 120;

/// How many seeds run at least, for the counts to mean anything.
const SEEDS: usize = 200;

/// How many events a run has at least.
const EVENTS: u64 = 2_000;

pub(crate) fn one(seed: u64, planted: Option<Planted>) -> Result<Report, Violation> {
    run(seed, STEPS, planted)
}

/// Runs `seeds` side by side; the first violation, or what all of them went through.
fn all(seeds: &[u64]) -> Result<Coverage, Violation> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut coverage = Coverage::default();
        while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
            let report = one(*seed, None)?;
            assert!(report.events >= EVENTS, "seed {seed} has {} events", report.events);
            coverage.add(&report.coverage);
        }
        Ok(coverage)
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).try_fold(
            Coverage::default(),
            |mut sum, found| {
                sum.add(&found?);
                Ok(sum)
            },
        )
    })
}

#[test]
fn no_seed_of_a_cluster_breaks_a_rule() {
    let seeds = chosen();
    match all(&seeds) {
        Ok(coverage) => {
            println!("{coverage}");
            let missing = coverage.missing(&EVERYTHING);
            let enough = seeds.len() >= SEEDS;
            assert!(missing.is_empty() || !enough, "{} runs never came to: {missing:#?}", seeds.len());
        }
        Err(violation) => panic!("{violation}"),
    }
}

#[test]
fn two_runs_of_one_seed_of_a_cluster_observe_the_same() {
    for seed in [1, 2, 3] {
        let (first, second) = (one(seed, None), one(seed, None));
        assert_eq!(first, second, "seed {seed}");
        assert_ne!(first.unwrap().digest, one(seed + 10, None).unwrap().digest);
    }
}

/// Every kind of action, fault, answer and rule that the runs must have gone through, so that they do not prove nothing.
const EVERYTHING: [&str; 94] = [
    // Actions.
    "sign in",
    "refreshed",
    "log out",
    "undo",
    "undone",
    "revoke token",
    "revoke token by its text",
    "revoke session",
    "revoke subject",
    "revoke device",
    "revoke client",
    "revoke claim",
    "revoke key",
    "revoke issuer",
    "effect: End",
    "effect: Refresh",
    "rotate keys",
    "rotated the keys",
    "a quiet time",
    "purge",
    "purge a verifier",
    "check while standing still",
    "watch: begun",
    "wait: begun",
    "nobody answers",
    // Faults.
    "fault: partition",
    "fault: one-way partition",
    "fault: delay",
    "fault: slow follower",
    "fault: connection reset",
    "fault: reordered connections",
    "fault: duplicate connection",
    "fault: skipped entries",
    "entries were left out",
    "fault: frozen process",
    "thawed: others first",
    "thawed: the check first",
    "fault: authority restart",
    "fault: restart with its file",
    "fault: restart with a torn file",
    "fault: restart without its file",
    "fault: power loss",
    "power: gone in the middle",
    "power: gone after the last write",
    "fault: full disk",
    "fault: failed write",
    "fault: failed sync",
    "answer: unavailable",
    "fault: wall-clock jump",
    "clock: set ahead",
    "clock: set back",
    // What the feed went through.
    "lease opened",
    "relay: lease opened",
    "relay: a ping without an answer",
    "broken: silence",
    "broken: gap",
    "slow follower dropped to a snapshot",
    "server: nothing was heard",
    "purged: entries of the store",
    "purged: entries of a verifier",
    // Answers.
    "check: accepted",
    "check: accepted on stale knowledge",
    "check: expired",
    "check: issued_in_future",
    "check: revoked by Token, End",
    "check: revoked by Session, End",
    "check: revoked by Subject, Refresh",
    "check: revoked by Device, End",
    "check: revoked by Client, End",
    "check: revoked by Claim, End",
    "check: revoked by Key, End",
    "check: revoked by Issuer, End",
    "check: stale, deny",
    "check: stale, ask",
    "check: incomplete",
    "wait: in force everywhere",
    "wait: not everybody in time",
    "wait: somebody unfenced is named",
    // Rules.
    "undone: accepted again",
    "rule: I1",
    "rule: I1'",
    "rule: I2",
    "rule: I3",
    "rule: I5",
    "rule: I6",
    "rule: I7",
    "rule: I8",
    "rule: I9",
    "rule: I10",
    "rule: I11",
    "rule: cold",
    "rule: outage",
    "rule: restart",
    "rule: wait",
];

#[test]
fn a_thousand_followers_hear_of_every_revocation_through_a_tree_of_relays() {
    let measured = match quash_simulation::cluster::scale(10, 100, 12) {
        Ok(measured) => measured,
        Err(violation) => panic!("{violation}"),
    };
    println!("{measured:#?}");
    assert_eq!((measured.followers, measured.refused_at), (1_000, 1_000));
    let for_relays = 10 * measured.down_per_revocation;
    assert!(measured.authority_per_revocation <= 2 * for_relays, "the authority serves its relays alone");
}
