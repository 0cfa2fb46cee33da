//! Many seeds, every rule after every step.

use quash_simulation::{Coverage, Report, Violation, run};

fn one(seed: u64) -> Result<Report, Violation> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(run(seed, 300, None))
}

fn chosen() -> Vec<u64> {
    let number = |name| std::env::var(name).ok().and_then(|text: String| text.parse::<u64>().ok());
    match number("QUASH_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("QUASH_SEEDS").unwrap_or(200)).collect(),
    }
}

#[test]
fn no_seed_breaks_a_rule() {
    let mut coverage = Coverage::default();
    for seed in chosen() {
        match one(seed) {
            Ok(report) => coverage.add(&report.coverage),
            Err(violation) => panic!("{violation}"),
        }
    }
    println!("{coverage}");
}
