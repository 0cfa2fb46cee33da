//! How far a revocation has come, as it is answered (design §9).

use std::time::Duration;

use quash_authority::Propagation;
use serde::Serialize;
use utoipa::ToSchema;

use crate::rfc3339;

/// How far a revocation has come.
#[derive(Serialize, ToSchema)]
pub(crate) struct PropagationView {
    /// All that was waited for has happened: with `everywhere`, no verifier newly accepts what the entry hits.
    complete: bool,
    /// The verifiers that were waited for and enforce it.
    applied: Vec<AppliedView>,
    /// The verifiers that were waited for, have not said so in time, and may accept until their lease is over.
    pending: Vec<PendingView>,
    /// The verifiers that have not said so, and accept without knowing even when their lease is over, as their operators
    /// want.
    unfenced: Vec<String>,
}

/// A verifier that enforces it.
#[derive(Serialize, ToSchema)]
struct AppliedView {
    /// Which.
    verifier: String,
    /// Up to which position it enforces everything.
    watermark: u64,
    /// Since when.
    at: String,
}

/// A verifier that has not said so.
#[derive(Serialize, ToSchema)]
struct PendingView {
    /// Which.
    verifier: String,
    /// When it stops accepting unless it is heard of, in milliseconds.
    lease_ends_in_ms: u64,
}

impl PropagationView {
    /// What came of waiting; `None` where nobody was waited for.
    pub(crate) fn of(propagation: Option<Propagation>) -> Self {
        let none = Propagation { complete: true, applied: vec![], pending: vec![], unfenced: vec![] };
        let Propagation { complete, applied, pending, unfenced } = propagation.unwrap_or(none);
        let applied = applied.into_iter().map(|applied| AppliedView {
            verifier: applied.name.into(),
            watermark: applied.watermark.number(),
            at: rfc3339::format(applied.at).unwrap_or_default(),
        });
        let pending = pending.into_iter().map(|pending| PendingView {
            verifier: pending.name.into(),
            lease_ends_in_ms: milliseconds_rounded_up(pending.ends_in),
        });
        Self {
            complete,
            applied: applied.collect(),
            pending: pending.collect(),
            unfenced: unfenced.into_iter().map(|unfenced| unfenced.name.into()).collect(),
        }
    }
}

/// What still runs is never shown as over.
pub(crate) fn milliseconds_rounded_up(span: Duration) -> u64 {
    u64::try_from(span.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_that_still_runs_is_not_shown_as_over() {
        assert_eq!(milliseconds_rounded_up(Duration::from_nanos(1)), 1);
        assert_eq!(milliseconds_rounded_up(Duration::from_millis(7)), 7);
        assert_eq!(milliseconds_rounded_up(Duration::ZERO), 0);
    }
}
