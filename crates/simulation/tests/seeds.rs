//! Many seeds, every rule after every step. `QUASH_SEED=7` runs one of them, `QUASH_SEEDS=5000` runs so many.

use std::sync::atomic::{AtomicUsize, Ordering};

use quash_simulation::{Coverage, Planted, Report, Violation, run};

/// How many steps a run takes.
const STEPS: usize = 240;

/// How many seeds run, unless told otherwise.
const SEEDS: u64 = 200;

pub(crate) fn one(seed: u64, planted: Option<Planted>) -> Result<Report, Violation> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    // Nothing waits for time to pass: the run's clock is set by hand, and the runtime's stands still.
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(run(seed, STEPS, planted))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

pub(crate) fn chosen() -> Vec<u64> {
    match number("QUASH_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("QUASH_SEEDS").unwrap_or(SEEDS)).collect(),
    }
}

/// Runs `seeds` side by side; the first violation, or what all of them went through.
fn all(seeds: &[u64]) -> Result<Coverage, Violation> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut coverage = Coverage::default();
        while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
            coverage.add(&one(*seed, None)?.coverage);
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
fn no_seed_breaks_a_rule() {
    let seeds = chosen();
    match all(&seeds) {
        Ok(coverage) => {
            println!("{coverage}");
            let missing = coverage.missing(&EVERYTHING);
            let enough = seeds.len() as u64 >= SEEDS;
            assert!(missing.is_empty() || !enough, "{} runs never came to: {missing:#?}", seeds.len());
        }
        Err(violation) => panic!("{violation}"),
    }
}

#[test]
fn two_runs_of_one_seed_observe_the_same() {
    for seed in [1, 2, 3] {
        let (first, second) = (one(seed, None), one(seed, None));
        assert_eq!(first, second, "seed {seed}");
        assert_ne!(first.unwrap().digest, one(seed + 10, None).unwrap().digest);
    }
}

/// Every kind of step, fault and answer that the runs must have gone through, so that they do not
/// prove nothing.
const EVERYTHING: [&str; 102] = [
    // Steps.
    "sign_in",
    "join",
    "refresh current",
    "refresh in parallel",
    "refresh older",
    "refresh while logging out",
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
    "with a window",
    "with an exception",
    "undo",
    "client revokes refresh token",
    "client revokes access token",
    "log_out",
    "end other sessions",
    "end session",
    "introspect",
    "advance the clock",
    "move to an edge",
    "clock goes back",
    "purge",
    "rotate keys",
    "restart",
    "switch the allowlist",
    "retry",
    // Faults.
    "power loss in the middle",
    "power loss after the last write",
    "disk full in the middle",
    "disk full after the last write",
    "failed write in the middle",
    "failed write after the last write",
    "failed sync in the middle",
    "failed sync after the last write",
    "answer: unavailable",
    "unanswered: had happened",
    "unanswered: had not happened",
    "lost reply: not rotated",
    // Answers about access tokens.
    "check: accepted",
    "check: expired",
    "check: issued_in_future",
    "check: revoked by Token, End",
    "check: revoked by Token, Refresh",
    "check: revoked by Session, End",
    "check: revoked by Subject, End",
    "check: revoked by Subject, Refresh",
    "check: revoked by Device, End",
    "check: revoked by Device, Refresh",
    "check: revoked by Client, End",
    "check: revoked by Client, Refresh",
    "check: revoked by Claim, End",
    "check: revoked by Claim, Refresh",
    "check: revoked by Key, End",
    "check: revoked by Key, Refresh",
    "check: revoked by Issuer, End",
    "check: revoked by Issuer, Refresh",
    // Answers about refresh tokens and sessions.
    "refresh: Rotates",
    "refresh: Repeats",
    "refresh: IsReuse",
    "refresh refused: ended",
    "refresh refused: idle",
    "refresh refused: absolute_limit",
    "refresh refused: refresh_reuse",
    "refresh came after the logout",
    "refresh went before the logout",
    "introspection: active",
    "introspection: inactive",
    "answer: joined",
    "answer: nothing to join",
    "answer: over already",
    "answer: nothing to give back",
    "acknowledged again",
    // Answers to undos.
    "undo: done",
    "undo: a token lives again",
    "undo: already",
    "undo: never",
    "undo: over",
    "undo: forgotten",
    // Answers about the allowlist.
    "registered",
    "registered: lived already",
    "registered: lives again",
    "allowlist: on",
    "allowlist: off",
    "forged: refused",
    "forged: undecided",
    "forged: of another subject's session",
    "forged: of a session that is over",
    // What time made over.
    "purged: registrations",
    "purged: entries of the verifier",
    "purged: entries of the store",
    "purged: sessions",
    "nothing to do",
    "refresh refused: invalid_token",
    "lost reply: rotated",
];
