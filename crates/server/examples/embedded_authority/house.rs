//! The authority, its store and its verifier, in this process.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use quash_authority::{
    Authority, Caller, ClientProfile, Clock as _, Entropy as _, Foundations, Master, Masters, Settings,
    SystemClock, SystemEntropy, SystemUptime,
};
use quash_core::ids::{ClientId, Issuer};
use quash_core::position::Position;
use quash_http::VerifierEnforcement;
use quash_jose::KeySet;
use quash_jose::digest::sha256;
use quash_storage::embedded::{EmbeddedStore, OpenOptions};
use quash_storage::ports::{Maintenance as _, RevocationLog as _, Store};
use quash_verify::{IssuerConfig, Verifier};

/// How often what can not matter any more is forgotten.
const MAINTAIN_EVERY: Duration = Duration::from_secs(60);

/// How often it is noted which sessions were used, so that idle limits know.
const NOTE_ACTIVITY_EVERY: Duration = Duration::from_secs(30);

/// An authority and the verifier that enforces its revocations.
pub(crate) struct House {
    pub(crate) authority: Arc<Authority>,
    pub(crate) verifier: Arc<Verifier>,
    /// What this service does in the authority's name.
    pub(crate) admin: Caller,
    /// The same, for people with a command line.
    pub(crate) admin_key: String,
}

impl House {
    /// Opens the store in `directory`, or makes one. The tokens are `issuer`'s, for itself.
    pub(crate) async fn open(directory: &Path, issuer: &str) -> Result<Self, Box<dyn Error>> {
        let issuer = Issuer::new(issuer)?;
        let web = ClientProfile::public(ClientId::new("web")?, issuer.as_str());
        let admin_key = hex(&random()?);
        let settings = Settings {
            clients: vec![web],
            admin_key_digests: vec![sha256(admin_key.as_bytes())],
            ..Settings::new(issuer.clone())
        };
        fs::create_dir_all(directory)?;
        // In production the master secret lies elsewhere than the store and its backups.
        let masters = Masters::single(master(&directory.join("master.secret"))?)?;
        let store = open_store(&directory.join("quash.store"), issuer.clone())?;
        let verifier = Arc::new(verifier(&settings, &store).await?);
        let enforcement = VerifierEnforcement::new(Arc::clone(&verifier), issuer)?;
        let foundations = Foundations {
            store: Arc::new(store) as Arc<dyn Store>,
            enforcement: Arc::new(enforcement),
            clock: Arc::new(SystemClock),
            uptime: Arc::new(SystemUptime),
            entropy: Arc::new(SystemEntropy),
            masters,
            settings,
        };
        let authority = Arc::new(Authority::start(foundations).await?);
        let admin = authority.authenticate_credential(&admin_key).ok_or("the key of this start")?;
        Ok(Self { authority, verifier, admin, admin_key })
    }

    /// Follows the log, forgets what is over and notes which sessions are used, for as long as the service runs.
    pub(crate) fn keep(&self) {
        let following = Arc::clone(&self.authority);
        tokio::spawn(async move { following.follow().await });
        let maintaining = Arc::clone(&self.authority);
        tokio::spawn(async move {
            loop {
                // What could not be forgotten is forgotten next time.
                let _ = maintaining.maintain().await;
                tokio::time::sleep(MAINTAIN_EVERY).await;
            }
        });
        let (noting, seeing) = (Arc::clone(&self.authority), Arc::clone(&self.verifier));
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(NOTE_ACTIVITY_EVERY).await;
                let uses = seeing.take_activity();
                if noting.note_activity(uses.clone()).await.is_err() {
                    seeing.keep_activity(uses);
                }
            }
        });
    }
}

fn open_store(path: &Path, issuer: Issuer) -> Result<EmbeddedStore, Box<dyn Error>> {
    Ok(OpenOptions::file(path, issuer).open(SystemClock.now(), random()?)?)
}

/// A verifier of the authority's own tokens. Their keys come when the authority starts.
async fn verifier(settings: &Settings, store: &EmbeddedStore) -> Result<Verifier, Box<dyn Error>> {
    let log = store.identity().await?;
    let rules = settings.own_time_rules(store.raise_horizons(settings.horizons()).await?);
    let audience = vec![settings.issuer.to_string()];
    let own = IssuerConfig::own(settings.issuer.clone(), audience, KeySet::default()).with_rules(rules);
    let ratchet = store.ratchet().await?;
    // A restored log starts above entries that are still alive, so the state begins before all of them.
    let builder = Verifier::builder().ratchet(ratchet).issuer(own).reports_activity(true);
    Ok(builder.build(log.key, Position::ZERO)?)
}

/// The master secret in the file at `path`, which is made at the first start.
fn master(path: &Path) -> Result<Master, Box<dyn Error>> {
    if !path.exists() {
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        std::io::Write::write_all(&mut &file, &random::<32>()?)?;
        file.sync_all()?;
    }
    let bytes = fs::read(path)?;
    Ok(Master::from_random(bytes.as_slice().try_into()?))
}

fn random<const N: usize>() -> Result<[u8; N], Box<dyn Error>> {
    let mut bytes = [0; N];
    SystemEntropy.fill(&mut bytes)?;
    Ok(bytes)
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
