//! Two threads that check while entries come in.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use quash_verify::Verifier;

use super::Run;
use crate::entries::Population;
use crate::keys::{Algorithm, Signer};
use crate::measure::interleave;
use crate::row::{Row, median_round};
use crate::subject::{Memory, accepts, accepts_all, tokens, verifier};
use crate::tokens::Token;

const ENTRIES: usize = 1_000_000;
const TOKENS: usize = 1_000;
const APPLIED_A_SECOND: u32 = 10_000;

/// Repeated checks by two threads against twice those by one, 10,000 entries a second coming in either time.
pub(super) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let signer = Signer::generate(Algorithm::Hs256)?;
    let population = Population::new(run.size(ENTRIES, ENTRIES / 10), run.now())?;
    let tokens = tokens(&signer, &population, TOKENS, run.now())?;
    let Population { state, records, .. } = population;
    let verifier = verifier(&signer, state, Memory { cached_tokens: 2 * TOKENS, shortcut: true })?;
    accepts_all(&verifier, &tokens, run.now())?;

    let records = RefCell::new(records);
    let turn = |threads: usize| {
        let mut records = records.borrow_mut();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let checking: Vec<_> = (0..threads)
                .map(|_| scope.spawn(|| checks_a_second(&verifier, &tokens, run, &done)))
                .collect();
            let started = Instant::now();
            let mut count = 0_u32;
            while started.elapsed() < Duration::from_millis(250) {
                while started.elapsed() > Duration::from_secs(1) * count / APPLIED_A_SECOND {
                    let applied = records.next().is_ok_and(|record| verifier.apply_record(&record).is_ok());
                    assert!(applied, "an entry was refused");
                    count += 1;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
            done.store(true, Ordering::Release);
            checking.into_iter().map(|thread| thread.join().unwrap_or(f64::NAN)).sum::<f64>()
        })
    };
    let figures = interleave(run.rounds(), vec![Box::new(|| turn(2)), Box::new(|| 2.0 * turn(1))]);
    let [two, twice_one] = figures.as_slice() else { anyhow::bail!("two contestants") };
    let title = "repeated checks, 2 threads, 10,000 entries/s, against twice one thread (per second)";
    Ok(vec![Row::at_least(title, median_round(two, twice_one), 0.9)])
}

fn checks_a_second(verifier: &Verifier, tokens: &[Token], run: &Run, done: &AtomicBool) -> f64 {
    let mut random = fastrand::Rng::new();
    let (started, mut checks) = (Instant::now(), 0_u64);
    while !done.load(Ordering::Acquire) {
        for _ in 0..1_000 {
            let token = &tokens[random.usize(..tokens.len())];
            assert!(black_box(accepts(verifier, &token.text, run.now())));
        }
        checks += 1_000;
    }
    checks as f64 / started.elapsed().as_secs_f64()
}
