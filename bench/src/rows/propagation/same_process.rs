//! In the process of the authority itself.

use std::time::Instant;

use anyhow::ensure;

use crate::clock;
use crate::entries::Population;
use crate::house::House;
use crate::keys::{Algorithm, Signer};
use crate::quantile::quantile;
use crate::row::Row;
use crate::rows::Run;
use crate::subject::{Memory, accepts, tokens, verifier};

/// Microseconds, at most.
const BUDGET: f64 = 5.0;

/// From the end of the sync; and of that, from the moment that the entry is handed to the verifier.
pub(in crate::rows) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let mut since_sync = since_sync(run)?;
    let mut since_handed_over = since_handed_over(run)?;
    let title = |from| format!("revoked to refused in one process, p99 from {from} (us)");
    let row = |from, samples: &mut [f64]| Row::at_most_absolute(title(from), quantile(samples, 0.99), BUDGET);
    Ok(vec![row("durable", &mut since_sync), row("the entry's hand-over", &mut since_handed_over)])
}

/// The use case over the embedded store: from the end of the sync until the caller sees its token refused.
fn since_sync(run: &Run) -> anyhow::Result<Vec<f64>> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let house = House::open(&run.folder("same-process")).await?;
        let mut samples = Vec::new();
        for _ in 0..run.size(5_000, 300) {
            let opened = house.sign_in().await?;
            ensure!(house.accepts(&opened.token), "a good token was refused");
            house.end(&opened.session).await?;
            ensure!(!house.accepts(&opened.token), "a revoked token was accepted");
            let refused_at = clock::nanoseconds();
            samples.push(refused_at.saturating_sub(house.last_sync().nanoseconds()) as f64 / 1e3);
        }
        anyhow::Ok(samples)
    })
}

/// The verifier alone, with a million other entries.
fn since_handed_over(run: &Run) -> anyhow::Result<Vec<f64>> {
    let signer = Signer::generate(Algorithm::Hs256)?;
    let population = Population::new(run.size(1_000_000, 100_000), run.now())?;
    let tokens = tokens(&signer, &population, run.size(20_000, 2_000), run.now())?;
    let Population { state, mut records, .. } = population;
    let verifier = verifier(&signer, state, Memory { cached_tokens: 2 * tokens.len(), shortcut: true })?;
    let mut samples = Vec::new();
    for token in &tokens {
        ensure!(accepts(&verifier, &token.text, run.now()), "a good token was refused");
        let record = records.about_session(&token.session)?;
        let began = Instant::now();
        let applied = verifier.apply_record(&record).is_ok();
        let refused = !accepts(&verifier, &token.text, run.now());
        samples.push(began.elapsed().as_nanos() as f64 / 1e3);
        ensure!(applied && refused, "a revoked token was accepted");
    }
    Ok(samples)
}
