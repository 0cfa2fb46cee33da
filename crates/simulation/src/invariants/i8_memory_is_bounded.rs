//! I8. Of the design: *bounded memory*; *a verifier drops an entry once no access token it can hit is still alive*.

use quash_core::time::Timestamp;

use crate::oracle::Oracle;
use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant =
    Invariant { name: "I8", sentence: "a verifier holds the entries that can hit a living token, and no others" };

/// Checked after every purge at `now`.
pub(crate) fn holds(oracle: &Oracle, live_entries: usize, now: Timestamp) -> Result<(), Violation> {
    let is_live = |until: Timestamp| until.seconds_rounded_up() > now.seconds();
    let expected = oracle.entries.iter().filter(|known| is_live(known.retain_until)).count();
    if live_entries == expected {
        return Ok(());
    }
    Err(Violation::of(RULE, format!("{live_entries} entries are held after a purge, {expected} are live")))
}
