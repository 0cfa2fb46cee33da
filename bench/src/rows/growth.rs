//! How the first check grows with the number of live entries.

use anyhow::Context as _;

use super::Run;
use super::first_check::tokens_a_turn;
use crate::entries::Population;
use crate::keys::{Algorithm, Signer};
use crate::measure::{interleave, nanoseconds_each};
use crate::row::{Row, median_round};
use crate::subject::{accepts, accepts_all, ensure_first_checks, first_checks_only, tokens, verifier};

const FEW: usize = 10_000;
const MANY: usize = 10_000_000;

/// The same tokens at two verifiers: with few entries and with many.
pub(super) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let measure = |algorithm: Algorithm, budget| {
        measure_algorithm(run, algorithm, budget).with_context(|| algorithm.name())
    };
    Ok(vec![measure(Algorithm::Hs256, 1.3)?, measure(Algorithm::Es256, 1.02)?])
}

fn measure_algorithm(run: &Run, algorithm: Algorithm, budget: f64) -> anyhow::Result<Row> {
    let signer = Signer::generate(algorithm)?;
    let few = Population::new(FEW, run.now())?;
    let many = Population::new(run.size(MANY, MANY / 10), run.now())?;
    // The buckets that hold an entry among few hold one among many too: the many begin with the few.
    let tokens = tokens(&signer, &few, tokens_a_turn(algorithm), run.now())?;
    let memory = first_checks_only(tokens.len());
    let (few, many) = (verifier(&signer, few.state, memory)?, verifier(&signer, many.state, memory)?);
    for verifier in [&few, &many] {
        accepts_all(verifier, &tokens, run.now())?;
    }
    let before = many.counts().first;
    let now = run.now();
    // Of two nearly equal figures the middle needs more rounds.
    let rounds = run.rounds() * 3;
    let figures = interleave(
        rounds,
        vec![
            Box::new(|| nanoseconds_each(&tokens, |token| assert!(accepts(&many, &token.text, now)))),
            Box::new(|| nanoseconds_each(&tokens, |token| assert!(accepts(&few, &token.text, now)))),
        ],
    );
    ensure_first_checks(&many, before, tokens.len() * (rounds + 1))?;
    let [many, few] = figures.as_slice() else { anyhow::bail!("two contestants") };
    let title = format!("first check {}, 10^7 live entries, against 10^4 (ns)", algorithm.name());
    Ok(Row::at_most(title, median_round(many, few), budget))
}
