//! Bringing an authority up over a store.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arc_swap::ArcSwap;
use quash_core::position::Position;
use quash_storage::ports::{Store, StoreError};
use tokio::sync::watch;

use crate::authority::Authority;
use crate::clock::Clock;
use crate::counts::Counters;
use crate::credentials::KnownCredentials;
use crate::enforcement::Enforcement;
use crate::entropy::Entropy;
use crate::error::Error;
use crate::feed::TrustTooLarge;
use crate::leases::Leases;
use crate::masters::Masters;
use crate::note_activity::USES_AT_ONCE;
use crate::rotate_keys;
use crate::settings::{Settings, SettingsProblem};
use crate::uptime::UptimeClock;

/// What an authority stands on.
pub struct Foundations {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The answering server's own verifier, made for the log of this store.
    pub enforcement: Arc<dyn Enforcement>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// What leases are counted with.
    pub uptime: Arc<dyn UptimeClock>,
    /// Where random bytes come from.
    pub entropy: Arc<dyn Entropy>,
    /// The master secrets.
    pub masters: Masters,
    /// What the operator decided.
    pub settings: Settings,
}

/// Why an authority did not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The settings can not work: everything that is wrong with them.
    #[error("the settings can not be used: {}", list(.0))]
    Settings(Vec<SettingsProblem>),
    /// Verifiers could not be told of all that is configured.
    #[error("the clients and issuers are too many: {0}")]
    TrustTooLarge(#[from] TrustTooLarge),
    /// The store, or the keys in it.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

fn list(problems: &[SettingsProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Authority {
    /// Starts an authority: raises the stored horizons, makes the first signing key, and the next one, where there is
    /// none, counts every verifier that ever held a lease as holding one, and returns once the verifier has the keys and enforces every live entry.
    ///
    /// # Errors
    /// [`StartError`]; nothing was started, and the store holds nothing that a second attempt would mind.
    pub async fn start(foundations: Foundations) -> Result<Self, StartError> {
        let Foundations { store, enforcement, clock, uptime, entropy, masters, settings } = foundations;
        let problems = settings.problems();
        if !problems.is_empty() {
            return Err(StartError::Settings(problems));
        }
        let horizons = store.raise_horizons(settings.horizons()).await?;
        let ratchet = store.ratchet().await?;
        let now = clock.now().max(ratchet);
        let keys = rotate_keys::load_or_make(&*store, &masters, &*entropy, settings.algorithm, now).await?;
        // INVARIANT: read before anything is granted: whoever was granted a lease before this start is in it.
        let leases = Leases::recovered(store.verifiers().await?, uptime);
        // Versions of an earlier run are lower, as long as the clock did not go back behind the last purge.
        let first_trust = now.milliseconds();
        let credentials = KnownCredentials::new(store.credentials().await?, &settings.admin_key_digests);
        enforcement.install_own_keys(keys.verifying.clone());
        let clients = settings.clients.iter().map(|client| (client.id.clone(), Arc::new(client.clone())));
        let mut authority = Self {
            clients: clients.collect(),
            slides: settings.clients.iter().any(|client| client.sliding),
            horizons,
            ratchet: AtomicU64::new(ratchet.milliseconds()),
            latest_issue: AtomicU64::new(ratchet.milliseconds()),
            keys: ArcSwap::from_pointee(keys),
            changing_keys: tokio::sync::Mutex::default(),
            announced_in: AtomicU64::new(first_trust),
            credentials: ArcSwap::from_pointee(credentials),
            changing_credentials: tokio::sync::Mutex::default(),
            allowlist_gaps: tokio::sync::Mutex::default(),
            listed_from: Position::ZERO,
            catching_up: tokio::sync::Mutex::default(),
            noting_uses: tokio::sync::Semaphore::new(USES_AT_ONCE),
            head_changes: store.head_changes(),
            trust_changes: watch::Sender::new(first_trust),
            first_trust,
            leases,
            counters: Counters::default(),
            names_warned: crate::claims_policy::NamesWarned::default(),
            store,
            enforcement,
            clock,
            entropy,
            masters,
            settings,
        };
        authority.enforcement.can_be_told(&authority.configured_trust(first_trust))?;
        let head = authority.store.head().await?;
        authority.enforce_up_to(head.position).await?;
        authority.start_allowlist().await?;
        authority.listed_from = authority.enforcement.watermark();
        Ok(authority)
    }
}
