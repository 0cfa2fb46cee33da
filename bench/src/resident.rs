//! Memory that a process occupies.

use std::fs;

use anyhow::anyhow;

/// What `process` occupies now, bytes: a process id, or `self`.
pub fn resident_bytes(process: &str) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes =
        line.and_then(|line| line.split_whitespace().next()).ok_or_else(|| anyhow!("no VmRSS"))?;
    Ok(kilobytes.parse::<f64>()? * 1024.0)
}
