//! A server: the real store, the real verifier, the real authority.

use std::sync::Arc;
use std::time::Duration;

use quash_authority::testing::{FaultyStore, ManualClock, Pace, SeededEntropy};
use quash_authority::{
    AuthenticatedClient, Authority, Caller, ClientProfile, Clock, Enforcement, Entropy, Foundations, KeySet,
    Master, Masters, Settings, UptimeClock,
};
use quash_core::defect::Defect;
use quash_core::revocation::freshness::Undecided;
use quash_core::revocation::rejection::Rejection;
use quash_core::session::policy::SessionPolicy;
use quash_core::verified::VerifiedClaims;
use quash_http::VerifierEnforcement;
use quash_jose::Algorithm;
use quash_jose::digest::sha256;
use quash_storage::embedded::EmbeddedStore;
use quash_storage::ports::{LogIdentity, Store};
use quash_verify::{Checked, IssuerConfig, Moment, Verifier};

use super::names::{ADMIN_KEY, AUDIENCE, client, issuer};
use super::{Changing, Disk};
use crate::planted::Planted;
use crate::violation::Violation;

/// What outlives a server.
pub(crate) struct Ground {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) uptime: Arc<dyn UptimeClock>,
    pub(crate) entropy: Arc<SeededEntropy>,
    pub(crate) planted: Option<Planted>,
    /// Whether the keys are being changed.
    pub(crate) changing: Arc<Changing>,
    /// What is configured otherwise than usual.
    pub(crate) tuning: Tuning,
    /// The pace of the store's calls, where a test chooses their order.
    pub(crate) pace: Option<Arc<Pace>>,
}

/// What is configured otherwise than usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tuning {
    /// How long access tokens live.
    pub(crate) access: Option<Duration>,
    /// How long a session lives that is not renewed.
    pub(crate) idle: Option<Duration>,
    /// How many sessions a subject may have.
    pub(crate) sessions: Option<SessionPolicy>,
    /// For how long an entry can be taken back.
    pub(crate) undo_window: Option<Duration>,
    /// Whether only registered sessions pass.
    pub(crate) allowlist: bool,
}

/// A server. Dropping it closes its store.
pub(crate) struct Server {
    pub(crate) store: Arc<dyn Store>,
    /// The same store, past whatever is planted before it; none where its calls go at a test's pace.
    pub(crate) file: Option<Arc<EmbeddedStore>>,
    pub(crate) authority: Arc<Authority>,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) admin: Caller,
    pub(crate) log: LogIdentity,
}

/// How a check of a token was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Accepted,
    Rejected(Rejection),
}

impl Server {
    pub(crate) async fn start(ground: &Ground, disk: &Disk) -> Result<Self, Violation> {
        let (store, file) = planted_store(ground, open(ground, disk)?);
        let log = store.identity().await.map_err(Violation::stuck)?;
        let ratchet = store.ratchet().await.map_err(Violation::stuck)?;
        let settings = settings(&ground.tuning)?;
        let horizons = store.raise_horizons(settings.horizons()).await.map_err(Violation::stuck)?;
        let own = IssuerConfig::own(settings.issuer.clone(), vec![AUDIENCE.to_owned()], KeySet::default());
        let own = own.with_rules(settings.own_time_rules(horizons));
        let listed = settings.allowlist && ground.planted != Some(Planted::KeepsNoList);
        let own = if listed { own.with_allowlist() } else { own };
        let builder = Verifier::builder().issuer(own).ratchet(ratchet).cached_tokens(256);
        let verifier = Arc::new(builder.build(log.key, log.origin).map_err(Violation::stuck)?);
        let enforcement = VerifierEnforcement::new(Arc::clone(&verifier), settings.issuer.clone())
            .map_err(Violation::stuck)?;
        let enforcement = planted_enforcement(ground.planted, Arc::new(enforcement));
        let authority = Authority::start(Foundations {
            store: Arc::clone(&store),
            enforcement,
            clock: Arc::clone(&ground.clock) as Arc<dyn Clock>,
            uptime: Arc::clone(&ground.uptime),
            entropy: Arc::clone(&ground.entropy) as Arc<dyn Entropy>,
            masters: Masters::single(Master::from_random([7; 32])).map_err(Violation::stuck)?,
            settings,
        });
        let authority = Arc::new(authority.await.map_err(Violation::stuck)?);
        let admin = authority.authenticate_credential(ADMIN_KEY);
        let admin = admin.ok_or_else(|| Violation::stuck("the administrator is not known"))?;
        Ok(Self { store, file, authority, verifier, admin, log })
    }

    /// The answer to `token` at this very instant.
    pub(crate) fn check(&self, token: &str) -> Answer {
        self.judge(token).unwrap_or_else(|undecided| match undecided {
            // It was told of every session before it was asked for the first time.
            Undecided::Ahead => Answer::Rejected(Rejection::NotRegistered),
            // A verifier that was told to be fresh has no other doubt but about the keys.
            _ => Answer::Rejected(Rejection::Invalid(Defect::UnknownKey)),
        })
    }

    /// The same; what is left open is said.
    pub(crate) fn judge(&self, token: &str) -> Result<Answer, Undecided> {
        let at = Moment::fresh(self.authority.now());
        Ok(match self.verifier.pin().check(token, at)? {
            Checked::Accepted(_) => Answer::Accepted,
            Checked::Rejected(refusal) => Answer::Rejected(refusal.rejection().clone()),
        })
    }

    /// What a token says, if it may be used.
    pub(crate) fn accepted(&self, token: &str) -> Option<VerifiedClaims> {
        let at = Moment::fresh(self.authority.now());
        let checked = self.verifier.check(token, at).ok()?;
        checked.accepted().map(|token| token.claims().clone())
    }

    /// What a token says, if its signature is good.
    pub(crate) fn verified(&self, token: &str) -> Option<VerifiedClaims> {
        let at = Moment::fresh(self.authority.now());
        match self.verifier.check(token, at).ok()? {
            Checked::Accepted(token) => Some(token.claims().clone()),
            Checked::Rejected(refusal) => refusal.claims().cloned(),
        }
    }

    pub(crate) fn client(&self, id: &str) -> Result<AuthenticatedClient, Violation> {
        let client = self.authority.authenticate_client(id, None);
        client.ok_or_else(|| Violation::stuck(format!("the client {id} is not known")))
    }
}

fn open(ground: &Ground, disk: &Disk) -> Result<EmbeddedStore, Violation> {
    let mut random = [0; 36];
    ground.entropy.fill(&mut random).map_err(Violation::stuck)?;
    let options = disk.options(issuer().map_err(Violation::stuck)?);
    quash_storage::planted::set(ground.planted.and_then(Planted::of_the_store));
    let store = options.open(ground.clock.now(), random).map_err(Violation::stuck);
    quash_storage::planted::set(None);
    store
}

fn planted_store(ground: &Ground, store: EmbeddedStore) -> (Arc<dyn Store>, Option<Arc<EmbeddedStore>>) {
    let before = |store| Planted::before_the_store(ground.planted, store, &ground.changing);
    if let Some(pace) = &ground.pace {
        return (before(Arc::new(FaultyStore::paced(store, Arc::clone(pace)))), None);
    }
    let store = Arc::new(store);
    (before(Arc::clone(&store) as Arc<dyn Store>), Some(store))
}

fn planted_enforcement(planted: Option<Planted>, enforcement: Arc<dyn Enforcement>) -> Arc<dyn Enforcement> {
    match planted {
        None => enforcement,
        Some(planted) => planted.before_the_verifier(enforcement),
    }
}

/// Short lives, so that a run outlasts them.
pub(crate) fn settings(tuning: &Tuning) -> Result<Settings, Violation> {
    let mut settings = Settings::new(issuer().map_err(Violation::stuck)?);
    settings.algorithm = Algorithm::EdDsa;
    settings.lifetimes.access = tuning.access.unwrap_or(settings.lifetimes.access);
    settings.sessions = tuning.sessions;
    settings.allowlist = tuning.allowlist;
    settings.undo_window = tuning.undo_window.unwrap_or(settings.undo_window);
    // Nothing else makes entries last longer than access tokens do.
    settings.one_time.longest = settings.one_time.longest.min(settings.lifetimes.access);
    settings.lifetimes.idle = tuning.idle.unwrap_or(Duration::from_secs(3600));
    settings.lifetimes.absolute = Duration::from_secs(12 * 3600);
    settings.keep_ended = Duration::from_secs(2 * 3600);
    settings.keep_audit = Duration::from_secs(2 * 3600);
    settings.admin_key_digests = vec![sha256(ADMIN_KEY.as_bytes())];
    let clients = (0..2).map(|number| client(number).map(|id| ClientProfile::public(id, AUDIENCE)));
    settings.clients = clients.collect::<Result<_, _>>().map_err(Violation::stuck)?;
    Ok(settings)
}
