//! Sees that tokens name keys that nobody knows, and has the keys of foreign issuers fetched.

use std::sync::Arc;
use std::time::Duration;

use quash_verify::Verifier;

use super::jwks::UnknownKeySeen;
use crate::listen::stop::Stop;

/// How often the verifier's count is looked at: a new key is known within this time and a fetch.
const EVERY: Duration = Duration::from_secs(1);

/// Looks until `stop` is spoken. Which issuer an unknown key belongs to can not be told, so all are asked: each has
/// its own cooldown.
pub async fn watch(verifier: Arc<Verifier>, issuers: Vec<UnknownKeySeen>, mut stop: Stop) {
    let mut before = verifier.unknown_keys();
    loop {
        tokio::select! {
            biased;
            () = stop.wait() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let now = verifier.unknown_keys();
        if now > before {
            issuers.iter().for_each(UnknownKeySeen::tell);
        }
        before = now;
    }
}
