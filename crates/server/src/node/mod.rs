//! A node: store, verifier, authority and endpoints put together, and what runs beside them.
//!
//! ```text
//!   configuration ──▶ settings ─────────▶ authority ──▶ embedded store
//!                 └─▶ issuers ──▶ verifier ◀──┘ entries, keys
//!                                    ▲
//!                 endpoints ─────────┘ checks
//! ```

pub mod control;
pub mod issuers;
pub mod masters;
pub mod settings;
pub mod surfaces;
pub mod user_secrets;

use std::sync::Arc;
use std::time::Duration;

use quash_authority::{Authority, Clock, Entropy, SystemClock, SystemEntropy, SystemUptime};
use quash_core::position::Position;
use quash_http::{AppState, HttpSettings, VerifierEnforcement};
use quash_jose::UserSecrets;
use quash_storage::embedded::{EmbeddedStore, OpenOptions};
use quash_storage::ports::{Maintenance, RevocationLog, Store};
use quash_verify::Verifier;

use crate::config::Config;
use crate::exit::Failure;
use crate::listen::stop::Stop;
use crate::paths::DataDirectory;
use crate::secret::Secret;
use crate::tasks::{activity, schedules};

/// How often what can not matter any more is forgotten.
const MAINTAIN_EVERY: Duration = Duration::from_secs(60);

/// How often it is looked whether the signing key has had its time.
const ROTATE_EVERY: Duration = Duration::from_secs(60);

/// How long followers of the feed have to go elsewhere when the node stops.
pub(crate) const GOODBYE: Duration = Duration::from_secs(2);

/// Everything that serves one configuration over one data directory.
pub struct Node {
    store: Arc<EmbeddedStore>,
    authority: Arc<Authority>,
    verifier: Arc<Verifier>,
    state: AppState,
    note_activity_every: Option<Duration>,
}

impl Node {
    /// Opens the store, makes or reads the master secrets, and returns once the verifier has every key and every
    /// live entry.
    ///
    /// # Errors
    /// What keeps the node from serving, in one line.
    pub async fn open(config: &Config, data: &DataDirectory, admin_key: &Secret) -> Result<Self, Failure> {
        let entropy = SystemEntropy;
        let masters_file = &config.master.secrets_file;
        let first_start = !data.store().exists();
        let masters = masters::open(masters_file, &entropy, first_start)
            .map_err(|error| Failure::because(&format!("`{}`", masters_file.display()), error))?;
        let user_secrets = user_secrets::open(&config.user_keys)?;
        let settings = settings::authority_settings(config, admin_key);
        let store = Arc::new(open_store(config, data, &entropy)?);
        let verifier = Arc::new(build_verifier(config, &settings, &store, &user_secrets).await?);
        let enforcement = VerifierEnforcement::new(Arc::clone(&verifier), settings.issuer.clone())
            .map_err(|error| Failure::because("the verifier", error))?;
        let foundations = quash_authority::Foundations {
            store: Arc::clone(&store) as Arc<dyn Store>,
            enforcement: Arc::new(enforcement),
            clock: Arc::new(SystemClock),
            uptime: Arc::new(SystemUptime),
            entropy: Arc::new(SystemEntropy),
            masters: masters.with_user_secrets(user_secrets),
            settings,
        };
        let authority =
            Authority::start(foundations).await.map_err(|error| Failure::because("the authority", error))?;
        let authority = Arc::new(authority);
        let http = http_settings(config, &entropy)?;
        let state = AppState::new(Arc::clone(&authority), Arc::clone(&verifier), http);
        Ok(Self { store, authority, verifier, state, note_activity_every: config.activity.interval })
    }

    /// The verifier: for whoever fetches the keys of foreign issuers.
    pub fn verifier(&self) -> &Arc<Verifier> {
        &self.verifier
    }

    /// The authority: for whoever changes what verifiers are told to trust.
    pub fn authority(&self) -> &Arc<Authority> {
        &self.authority
    }

    /// The store: for backups.
    pub fn store(&self) -> &Arc<EmbeddedStore> {
        &self.store
    }

    /// Follows the log and forgets what can not matter any more, until `stop` is spoken; then sends the followers of
    /// the feed away.
    pub async fn run(&self, stop: Stop) {
        tokio::join!(self.work(stop.clone()), self.note_activity(stop));
    }

    async fn work(&self, mut stop: Stop) {
        tokio::select! {
            () = stop.wait() => {}
            () = self.authority.follow() => {}
            () = self.maintain() => {}
            () = self.rotate_keys() => {}
            () = schedules::fire(&self.authority) => {}
        }
        self.state.feed().close(GOODBYE).await;
    }

    async fn note_activity(&self, stop: Stop) {
        if let Some(every) = self.note_activity_every {
            activity::note(&self.state, every, stop).await;
        }
    }

    /// Beside the maintenance, which must not wait for verifiers.
    async fn rotate_keys(&self) {
        loop {
            match self.authority.rotate_due_keys().await {
                Ok(Some(rotated)) => {
                    tracing::info!(active = %rotated.active, "another key signs from now on");
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "the keys were not rotated; that is tried again"),
            }
            tokio::time::sleep(ROTATE_EVERY).await;
        }
    }

    async fn maintain(&self) {
        loop {
            match self.authority.maintain().await {
                Ok(maintained) => tracing::debug!(?maintained, "maintained"),
                Err(error) => tracing::warn!(%error, "maintenance did not finish; it goes on later"),
            }
            tokio::time::sleep(MAINTAIN_EVERY).await;
        }
    }
}

fn open_store(
    config: &Config,
    data: &DataDirectory,
    entropy: &dyn Entropy,
) -> Result<EmbeddedStore, Failure> {
    let mut random = [0; 36];
    entropy.fill(&mut random).map_err(|error| Failure::because("the store", error))?;
    let path = data.store();
    let options = OpenOptions::file(&path, config.tokens.issuer.clone());
    let opened = options.open(SystemClock.now(), random);
    opened.map_err(|error| Failure::because(&format!("`{}`", path.display()), error))
}

async fn build_verifier(
    config: &Config,
    settings: &quash_authority::Settings,
    store: &EmbeddedStore,
    user_secrets: &UserSecrets,
) -> Result<Verifier, Failure> {
    let unreadable = |error| Failure::because("the store", error);
    let identity = store.identity().await.map_err(unreadable)?;
    let horizons = store.raise_horizons(settings.horizons()).await.map_err(unreadable)?;
    let ratchet = store.ratchet().await.map_err(unreadable)?;
    let secrets_in_force = user_secrets.ids().map(str::to_owned).collect();
    let mut builder = Verifier::builder()
        .ratchet(ratchet)
        .issuer(issuers::own(settings, horizons).with_user_secrets(secrets_in_force))
        .user_secrets(user_secrets.clone())
        .reports_activity(config.activity.interval.is_some());
    for issuer in &config.issuers {
        let trusted = issuers::foreign(issuer)
            .map_err(|error| Failure::because(&format!("issuer `{}`", issuer.name), error))?;
        for warning in trusted.warnings() {
            tracing::warn!("{warning}");
        }
        builder = builder.issuer(trusted);
    }
    // A restored log starts above entries that are still alive, so the state begins before all of them.
    builder.build(identity.key, Position::ZERO).map_err(|error| Failure::because("the issuers", error))
}

fn http_settings(config: &Config, entropy: &dyn Entropy) -> Result<HttpSettings, Failure> {
    let mut instance = [0; 8];
    entropy.fill(&mut instance).map_err(|error| Failure::because("the request ids", error))?;
    Ok(HttpSettings {
        public_url: Some(config.server.public_url.clone()),
        identity_headers: surfaces::identity_headers(&config.forward_auth),
        instance: u64::from_be_bytes(instance),
        ..HttpSettings::default()
    })
}
