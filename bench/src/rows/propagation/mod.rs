//! How long it takes from a revocation to the refusal.

mod loaded;
mod same_process;
mod unloaded;

pub(super) use loaded::measure as measure_loaded;
pub(super) use same_process::measure as measure_same_process;
pub(super) use unloaded::measure as measure_unloaded;

/// How many verifier processes there are.
const PROCESSES: usize = 3;
