//! Fetches the keys of every foreign issuer that has them at a URL, for as long as the server runs.

use std::sync::Arc;

use quash_authority::Authority;
use quash_core::ids::Issuer;
use quash_verify::Verifier;
use tokio::task::JoinSet;

use super::jwks::{self, Pace, UnknownKeySeen};
use super::unknown_keys;
use crate::config::Config;
use crate::config::issuer_keys::{KeySource, KeyUrl};
use crate::exit::Failure;
use crate::fetch::Fetcher;
use crate::fetch::addresses::Reach;
use crate::listen::stop::Stop;

/// Starts to fetch; ends when `stop` is spoken, or when what is returned is dropped.
///
/// # Errors
/// A `ca_file` that can not be used.
pub fn start(
    config: &Config,
    verifier: &Arc<Verifier>,
    authority: &Arc<Authority>,
    stop: &Stop,
) -> Result<JoinSet<()>, Failure> {
    let mut tasks = JoinSet::new();
    let mut unknown = Vec::new();
    for issuer in &config.issuers {
        let KeySource::Url(source) = &issuer.keys else { continue };
        let seen = UnknownKeySeen::default();
        unknown.push(seen.clone());
        let fetcher = fetcher(&issuer.name, source)?;
        let keys = Keys {
            issuer: issuer.name.clone(),
            source: source.clone(),
            verifier: Arc::clone(verifier),
            authority: Arc::clone(authority),
        };
        tasks.spawn(keys.keep_fresh(fetcher, seen, stop.clone()));
    }
    if !unknown.is_empty() {
        tasks.spawn(unknown_keys::watch(Arc::clone(verifier), unknown, stop.clone()));
    }
    Ok(tasks)
}

fn fetcher(issuer: &Issuer, source: &KeyUrl) -> Result<Fetcher, Failure> {
    let reach = if source.allow_private_addresses { Reach::Private } else { Reach::Public };
    let fetcher = Fetcher::new(reach, source.ca_file.as_deref());
    fetcher.map_err(|error| Failure::because(&format!("issuer `{issuer}`"), error))
}

/// The keys of one issuer, on their way to the verifier.
struct Keys {
    issuer: Issuer,
    source: KeyUrl,
    verifier: Arc<Verifier>,
    authority: Arc<Authority>,
}

impl Keys {
    async fn keep_fresh(self, fetcher: Fetcher, seen: UnknownKeySeen, stop: Stop) {
        let pace = Pace { refresh: self.source.refresh, cooldown: self.source.cooldown };
        let fetch = || fetcher.fetch(&self.source.url);
        let install = |keys| match self.verifier.replace_keys(&self.issuer, keys) {
            Ok(()) => {
                self.authority.trust_changed();
            }
            Err(error) => tracing::warn!(issuer = %self.issuer, %error, "the issuer's keys were not taken"),
        };
        jwks::keep_fresh(self.issuer.as_str(), pace, seen, fetch, install, stop).await;
    }
}
