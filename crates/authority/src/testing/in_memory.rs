//! An authority in memory, with a verifier that answers for it.

use std::sync::Arc;

use quash_core::ids::{ClientId, Issuer, Subject};
use quash_core::revocation::decide::Decision;
use quash_core::time::Timestamp;
use quash_jose::UserSecrets;
use quash_jose::digest::sha256;
use quash_storage::memory::MemoryStore;
use quash_storage::ports::{Maintenance as _, RevocationLog as _, Store};

use super::forged::forge;
use super::{FaultyStore, InMemoryVerifier, ManualClock, ManualUptime, SeededEntropy};
use crate::authority::Authority;
use crate::caller::Caller;
use crate::clock::Clock as _;
use crate::enforcement::Enforcement;
use crate::error::{Error, RequestError};
use crate::masters::{Master, Masters};
use crate::plain_token::PlainToken;
use crate::settings::{ClientProfile, Settings};
use crate::sign_in::{SignIn, SignedIn};
use crate::start::{Foundations, StartError};
use crate::token_reply::TokenReply;
use crate::uptime::UptimeClock;

/// The key of the administrator of every [`InMemoryAuthority`].
pub const ADMIN_KEY: &str = "the administrator's key, for tests alone";

/// An authority over a store in memory, with a clock that stands still and a verifier beside it.
pub struct InMemoryAuthority {
    /// The authority.
    pub authority: Arc<Authority>,
    /// Judges its tokens.
    pub verifier: Arc<InMemoryVerifier>,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// What its leases are counted with.
    pub uptime: Arc<ManualUptime>,
    /// Its store, which can be made to fail.
    pub store: Arc<FaultyStore<MemoryStore>>,
}

impl InMemoryAuthority {
    /// The issuer of [`new`](Self::new).
    pub const ISSUER: &str = "https://auth.example";
    /// Whom the tokens of [`new`](Self::new) are for, `aud`.
    pub const AUDIENCE: &str = "https://api.example";
    /// When the clock of [`new`](Self::new) begins: 2027-01-15T08:00:00Z.
    pub const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

    /// An authority with one public client, `web`, and settings as a server has them unless told otherwise.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub async fn new() -> Result<Self, StartError> {
        let fixed = |_| Error::Keys("a fixed name".into());
        let issuer = Issuer::new(Self::ISSUER).map_err(fixed)?;
        let web = ClientProfile::public(ClientId::new("web").map_err(fixed)?, Self::AUDIENCE);
        let settings = Settings { clients: vec![web], ..Settings::new(issuer) };
        Self::start(settings, Self::START, 1).await
    }

    /// An authority with `settings`, its clock at `now`. The same `seed` gives the same ids.
    ///
    /// # Errors
    /// [`StartError`] for settings that can not work.
    pub async fn start(settings: Settings, now: Timestamp, seed: u64) -> Result<Self, StartError> {
        let mut random = [0; 36];
        random.iter_mut().zip(seed.to_be_bytes()).for_each(|(to, from)| *to = from);
        let store = MemoryStore::fresh(settings.issuer.clone(), now, random);
        let store = Arc::new(FaultyStore::new(store));
        Self::start_over(store, settings, Arc::new(ManualClock::at(now)), seed).await
    }

    /// An authority over a store that is there already: a second server, or the same one after a restart.
    ///
    /// # Errors
    /// [`StartError`], and whatever the store was told to fail with.
    pub async fn start_over(
        store: Arc<FaultyStore<MemoryStore>>,
        settings: Settings,
        clock: Arc<ManualClock>,
        seed: u64,
    ) -> Result<Self, StartError> {
        Self::start_with_user_secrets(store, settings, clock, seed, UserSecrets::default()).await
    }

    /// The same, with secrets that the keys of single subjects are derived from (S20).
    ///
    /// # Errors
    /// As [`start_over`](Self::start_over).
    pub async fn start_with_user_secrets(
        store: Arc<FaultyStore<MemoryStore>>,
        mut settings: Settings,
        clock: Arc<ManualClock>,
        seed: u64,
        secrets: UserSecrets,
    ) -> Result<Self, StartError> {
        settings.admin_key_digests.push(sha256(ADMIN_KEY.as_bytes()));
        let log = store.identity().await?;
        let rules = settings.own_time_rules(store.raise_horizons(settings.horizons()).await?);
        let verifier = InMemoryVerifier::new(&log, settings.own_token_profile(), rules);
        let verifier =
            Arc::new(verifier.with_allowlist(settings.allowlist).with_user_secrets(secrets.clone()));
        let masters = Masters::single(Master::from_random([7; 32]));
        let uptime = Arc::new(ManualUptime::default());
        let authority = Authority::start(Foundations {
            store: Arc::clone(&store) as Arc<dyn Store>,
            enforcement: Arc::clone(&verifier) as Arc<dyn Enforcement>,
            clock: Arc::clone(&clock) as Arc<dyn crate::clock::Clock>,
            uptime: Arc::clone(&uptime) as Arc<dyn UptimeClock>,
            entropy: Arc::new(SeededEntropy::new(seed)),
            masters: masters.map_err(|_| Error::Keys("no master".into()))?.with_user_secrets(secrets),
            settings,
        });
        Ok(Self { authority: Arc::new(authority.await?), verifier, clock, uptime, store })
    }

    /// The administrator.
    ///
    /// # Errors
    /// None, unless the authority does not know its own administrator.
    pub fn admin(&self) -> Result<Caller, Error> {
        let unknown = || RequestError::new("authorization", "the administrator's key").into();
        self.authority.authenticate_credential(ADMIN_KEY).ok_or_else(unknown)
    }

    /// Signs `subject` in through the first client of the settings.
    ///
    /// # Errors
    /// What [`Authority::sign_in`] says.
    pub async fn sign_in(&self, subject: &str) -> Result<TokenReply, Error> {
        let settings = self.authority.settings();
        let client = settings.clients.first().ok_or_else(|| RequestError::new("clients", "at least one"))?;
        let subject = Subject::new(subject).map_err(|_| RequestError::new("subject", "an id"))?;
        match self.authority.sign_in(&self.admin()?, SignIn::new(subject, client.id.clone())).await? {
            SignedIn::Open(reply) => Ok(*reply),
            _ => Err(RequestError::new("subject", "a new sign-in").into()),
        }
    }

    /// What somebody signs who has the key that signs, and nothing else of the authority: any claims, as an access token.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub fn forge(&self, claims: &serde_json::Value) -> Result<PlainToken, Error> {
        forge(&self.authority, claims)
    }

    /// Whether `token` may be used at the present instant.
    pub fn judge(&self, token: &str) -> Decision {
        self.verifier.judge(token, self.clock.now())
    }
}
