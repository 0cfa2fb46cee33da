//! Processor time that processes used.

use std::fs;
use std::time::Duration;

use anyhow::Context as _;

/// What the threads of `process` used so far.
pub fn of(process: u32) -> anyhow::Result<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        let first = text.split_whitespace().next().context("no figure in `schedstat`")?;
        nanoseconds += first.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// What several processes used together.
pub fn of_all(processes: &[u32]) -> anyhow::Result<Duration> {
    processes.iter().map(|&process| of(process)).sum()
}
