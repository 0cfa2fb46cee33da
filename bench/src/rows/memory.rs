//! Memory per live entry in a verifier.

use std::fs;

use anyhow::{Context as _, anyhow};
use quash_core::time::Timestamp;

use super::Run;
use crate::entries::Population;
use crate::row::{Row, median};

const ENTRIES: usize = 1_000_000;

/// Measured in fresh processes, by what the system counts as theirs: allocator, tables and slack included.
pub(super) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let figures = (0..run.rounds().min(3)).map(|_| ask_process("memory")).collect::<Result<Vec<_>, _>>()?;
    Ok(vec![Row::at_most_absolute("memory per live entry at 10^6 (bytes)", median(&figures), 64.0)])
}

/// Runs this program anew for one measurement.
fn ask_process(name: &str) -> anyhow::Result<f64> {
    let output = std::process::Command::new(std::env::current_exe()?).args(["--alone", name]).output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().parse().context("the process printed no figure")
}

/// Resident bytes that a million entries add to a process, for each of them.
pub(super) fn measure_alone() -> anyhow::Result<f64> {
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

/// What a process occupies in memory now.
pub(super) fn resident_bytes(process: &str) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes =
        line.and_then(|line| line.split_whitespace().next()).ok_or_else(|| anyhow!("no VmRSS"))?;
    Ok(kilobytes.parse::<f64>()? * 1024.0)
}
