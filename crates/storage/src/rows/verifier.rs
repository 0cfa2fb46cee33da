//! Verifiers that hold a lease.

use std::time::Duration;

use minicbor::{Decode, Encode};
use quash_core::lease::Instance;
use quash_core::time::Timestamp;

use super::{corrupt, decode, encode};
use crate::ports::{StoreError, StoredVerifier};

const WHAT: &str = "verifiers";

#[derive(Encode, Decode)]
struct VerifierRow<'a> {
    #[b(0)]
    name: &'a str,
    #[n(1)]
    lease: u64,
    #[n(2)]
    unfenced: bool,
    #[n(3)]
    relay: bool,
    #[n(4)]
    seen_at: u64,
}

/// The row of `verifier`.
pub(crate) fn write(verifier: &StoredVerifier) -> Vec<u8> {
    encode(&VerifierRow {
        name: &verifier.name,
        lease: milliseconds_rounded_up(verifier.lease),
        unfenced: verifier.unfenced,
        relay: verifier.relay,
        seen_at: verifier.seen_at.milliseconds(),
    })
}

/// A lease must not come back shorter than it was granted.
fn milliseconds_rounded_up(span: Duration) -> u64 {
    u64::try_from(span.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// The verifier at `key`, in the row `bytes`.
pub(crate) fn read(key: &[u8], bytes: &[u8]) -> Result<StoredVerifier, StoreError> {
    let instance = <[u8; 16]>::try_from(key).map_err(|_| corrupt(WHAT))?;
    let row: VerifierRow<'_> = decode(WHAT, bytes)?;
    Ok(StoredVerifier {
        instance: Instance::from_random(instance),
        name: row.name.into(),
        lease: Duration::from_millis(row.lease),
        unfenced: row.unfenced,
        relay: row.relay,
        seen_at: Timestamp::from_milliseconds(row.seen_at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_never_stored_shorter_than_it_was_granted() {
        let just_over = Duration::new(10, 1);
        let verifier = StoredVerifier {
            instance: Instance::from_random([1; 16]),
            name: "edge".into(),
            lease: just_over,
            unfenced: false,
            relay: false,
            seen_at: Timestamp::EPOCH,
        };
        let held = read(verifier.instance.bytes(), &write(&verifier)).unwrap();
        assert_eq!(held.lease, Duration::from_millis(10_001));
    }
}
