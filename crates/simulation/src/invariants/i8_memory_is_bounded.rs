//! I8. Of the design: *bounded memory*; *a verifier drops an entry once no access token it can hit is still alive*.

use quash_core::time::Timestamp;

use crate::oracle::Oracle;
use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant = Invariant {
    name: "I8",
    sentence: "a verifier holds the entries that can hit a living token, and no others",
};

/// Checked after every purge at `now`.
pub(crate) fn holds(oracle: &Oracle, live_entries: usize, now: Timestamp) -> Result<(), Violation> {
    let until = oracle.entries.iter().map(|known| known.retain_until);
    let least = until.clone().filter(|until| *until > now).count();
    // Verifiers count in whole seconds, rounded in favour of the entry.
    let most = until.filter(|until| until.seconds_rounded_up() > now.seconds()).count();
    if (least..=most).contains(&live_entries) {
        return Ok(());
    }
    let seen = format!("{live_entries} entries are held after a purge, {least} to {most} are live");
    Err(Violation::of(RULE, seen))
}
