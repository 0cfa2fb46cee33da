//! I8. Of the design: *bounded memory*; *a verifier drops an entry once no access token it can hit is still alive*.

use std::collections::BTreeMap;

use quash_core::time::Timestamp;

use crate::oracle::Oracle;
use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant = Invariant {
    name: "I8",
    sentence: "a verifier holds the entries that can hit a living token, and no others",
};

/// What a verifier holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) entries: usize,
    pub(crate) registrations: usize,
}

/// Checked after every purge at `now`.
pub(crate) fn holds(oracle: &Oracle, held: Held, now: Timestamp) -> Result<(), Violation> {
    let revoking = oracle.standing().filter(|known| known.said.revokes());
    are(held.entries, "entries", revoking.map(|known| known.retain_until), now)?;
    let mut registered = BTreeMap::new();
    for known in oracle.entries.iter().filter(|known| known.said.registers()) {
        // The first one stands; a later one says nothing new.
        registered.entry(format!("{:?}", known.said.target)).or_insert(known.retain_until);
    }
    are(held.registrations, "registrations", registered.into_values(), now)
}

/// `held` agrees with `until` when each matters.
fn are(
    held: usize,
    what: &str,
    until: impl Iterator<Item = Timestamp>,
    now: Timestamp,
) -> Result<(), Violation> {
    let until: Vec<Timestamp> = until.collect();
    let least = until.iter().filter(|until| **until > now).count();
    // Verifiers count in whole seconds, rounded in favour of the entry.
    let most = until.iter().filter(|until| until.seconds_rounded_up() > now.seconds()).count();
    if (least..=most).contains(&held) {
        return Ok(());
    }
    let seen = format!("{held} {what} are held after a purge, {least} to {most} are live");
    Err(Violation::of(RULE, seen))
}
