//! Memory per live entry in a verifier.

use anyhow::Context as _;
use quash_core::time::Timestamp;

use super::Run;
use crate::entries::Population;
use crate::processes::alone;
use crate::resident::resident_bytes;
use crate::row::{Row, median};

const ENTRIES: usize = 1_000_000;

/// Measured in fresh processes, by what the system counts as theirs: allocator, tables and slack included.
pub(super) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let figures = (0..run.rounds().min(3)).map(|_| ask_process("memory")).collect::<Result<Vec<_>, _>>()?;
    Ok(vec![Row::at_most_absolute("memory per live entry at 10^6 (bytes)", median(&figures), 64.0)])
}

/// Runs this program anew for one measurement.
fn ask_process(name: &str) -> anyhow::Result<f64> {
    let output = alone(name)?.output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().parse().context("the process printed no figure")
}

/// Prints what [`measured_alone`] is.
pub fn measure_alone(_words: &[String]) -> anyhow::Result<()> {
    println!("{}", measured_alone()?);
    Ok(())
}

/// Resident bytes that a million entries add to a process, for each of them.
fn measured_alone() -> anyhow::Result<f64> {
    // One entry first: what every verifier has, however few its entries, is not theirs.
    let mut population = Population::new(1, Timestamp::from_seconds(1_800_000_000))?;
    let before = resident_bytes("self")?;
    population.grow(ENTRIES)?;
    settle();
    let after = resident_bytes("self")?;
    anyhow::ensure!(population.state.live_entries() == ENTRIES + 1, "an entry was lost");
    Ok((after - before) / ENTRIES as f64)
}

/// Gives the allocator the time that it takes to hand freed memory back (a second), and an occasion to.
fn settle() {
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    for size in 0..20_000 {
        drop(std::hint::black_box(vec![0_u8; 16 + size % 4_096]));
    }
}
