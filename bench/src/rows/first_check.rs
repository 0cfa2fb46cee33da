//! The first check of a token: one signature, and every live entry.

use std::hint::black_box;

use anyhow::Context as _;

use super::Run;
use crate::entries::Population;
use crate::keys::{ALGORITHMS, Algorithm, Signer};
use crate::measure::{interleave, nanoseconds_each};
use crate::reference::jsonwebtoken::Decoder;
use crate::row::{Row, median_round};
use crate::subject::{accepts, accepts_all, ensure_first_checks, first_checks_only, tokens, verifier};

const ENTRIES: usize = 1_000_000;

struct Budgets {
    bare: f64,
    jsonwebtoken: f64,
}

const fn budgets(algorithm: Algorithm) -> Budgets {
    match algorithm {
        Algorithm::Hs256 => Budgets { bare: 2.4, jsonwebtoken: 0.40 },
        Algorithm::Rs256 => Budgets { bare: 1.07, jsonwebtoken: 0.80 },
        Algorithm::Es256 | Algorithm::EdDsa => Budgets { bare: 1.07, jsonwebtoken: 0.96 },
    }
}

/// How many tokens a turn checks: some milliseconds of work.
pub(super) const fn tokens_a_turn(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Hs256 => 4_000,
        Algorithm::Rs256 => 600,
        Algorithm::Es256 => 200,
        Algorithm::EdDsa => 300,
    }
}

/// Against the bare signature and against `jsonwebtoken`, over the same tokens.
pub(super) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for algorithm in ALGORITHMS {
        rows.extend(measure_algorithm(run, algorithm).with_context(|| algorithm.name())?);
    }
    // The bare rows first, then those against the library.
    rows.sort_by_key(|row| row.row.contains("jsonwebtoken"));
    Ok(rows)
}

fn measure_algorithm(run: &Run, algorithm: Algorithm) -> anyhow::Result<Vec<Row>> {
    let signer = Signer::generate(algorithm)?;
    let population = Population::new(run.size(ENTRIES, ENTRIES / 10), run.now())?;
    let tokens = tokens(&signer, &population, tokens_a_turn(algorithm), run.now())?;
    let verifier = verifier(&signer, population.state, first_checks_only(tokens.len()))?;
    accepts_all(&verifier, &tokens, run.now())?;
    let (bare, decoder) = (signer.bare()?, Decoder::new(&signer)?);
    anyhow::ensure!(
        tokens.iter().all(|token| decoder.decode(&token.text).is_some()),
        "the reference refuses"
    );
    anyhow::ensure!(
        tokens.iter().all(|token| bare.verify(token.signed(), &token.signature)),
        "a bad signature"
    );

    let before = verifier.counts().first;
    let now = run.now();
    let figures = interleave(
        run.rounds(),
        vec![
            Box::new(|| nanoseconds_each(&tokens, |token| assert!(accepts(&verifier, &token.text, now)))),
            Box::new(|| nanoseconds_each(&tokens, |token| bare.verify(token.signed(), &token.signature))),
            Box::new(|| nanoseconds_each(&tokens, |token| black_box(decoder.decode(&token.text)).is_some())),
        ],
    );
    ensure_first_checks(&verifier, before, tokens.len() * (run.rounds() + 1))?;
    let [ours, bare, library] = figures.as_slice() else { anyhow::bail!("three contestants") };
    let (name, budgets) = (algorithm.name(), budgets(algorithm));
    let title = |against| format!("first check {name}, 10^6 live entries, against {against} (ns)");
    Ok(vec![
        Row::at_most(title("bare verification"), median_round(ours, bare), budgets.bare),
        Row::at_most(title("jsonwebtoken"), median_round(ours, library), budgets.jsonwebtoken),
    ])
}
