//! An authority over the embedded store, put together as the server does it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use axum::serve::ListenerExt as _;
use quash_authority::{
    Authority, Caller, ClientProfile, Clock as _, Foundations, Master, Masters, NewCredential,
    RevocationRequest, RevokeOutcome, Role, Settings, SignIn, SignedIn, SystemClock, SystemEntropy,
    SystemUptime, TargetRequest,
};
use quash_core::ids::{ClientId, Issuer, SessionId, Subject};
use quash_core::position::Position;
use quash_http::{AppState, HttpSettings, VerifierEnforcement, router};
use quash_jose::KeySet;
use quash_jose::digest::sha256;
use quash_storage::embedded::{EmbeddedStore, OpenOptions};
use quash_storage::ports::{RevocationLog as _, Store};
use quash_verify::{IssuerConfig, Moment, Verifier};

use crate::sessions::Opened;
use crate::timed_disk::LastSync;
use crate::tokens::{AUDIENCE, CLIENT, ISSUER, id};

const ADMIN_KEY: &str = "the key of the benchmark's administrator";

/// The store in the file at `path`, made when there is none.
pub fn open_store(path: &Path, issuer: &str) -> anyhow::Result<EmbeddedStore> {
    open_with(&OpenOptions::file(path, Issuer::new(issuer)?))
}

fn open_with(options: &OpenOptions) -> anyhow::Result<EmbeddedStore> {
    let mut random = [0; 36];
    aws_lc_rs::rand::fill(&mut random)?;
    Ok(options.clone().open(SystemClock.now(), random)?)
}

/// An authority, its verifier, and somebody who may do everything.
pub struct House {
    authority: Arc<Authority>,
    verifier: Arc<Verifier>,
    caller: Caller,
    last_sync: LastSync,
}

impl House {
    /// A house whose store is in `folder`.
    pub async fn open(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let last_sync = LastSync::default();
        let issuer = Issuer::new(ISSUER)?;
        let options = OpenOptions::backend(last_sync.watching(&folder.join("quash.redb")), issuer.clone());
        let store = Arc::new(open_with(&options)?);
        let trusted = IssuerConfig::own(issuer.clone(), vec![AUDIENCE.to_owned()], KeySet::default());
        let log = store.identity().await?;
        let verifier = Arc::new(Verifier::builder().issuer(trusted).build(log.key, Position::ZERO)?);
        let foundations = Foundations {
            store: store as Arc<dyn Store>,
            enforcement: Arc::new(VerifierEnforcement::new(Arc::clone(&verifier), issuer.clone())?),
            clock: Arc::new(SystemClock),
            uptime: Arc::new(SystemUptime),
            entropy: Arc::new(SystemEntropy),
            masters: Masters::single(Master::from_random([7; 32]))?,
            settings: Settings {
                clients: vec![ClientProfile::public(ClientId::new(CLIENT)?, AUDIENCE)],
                admin_key_digests: vec![sha256(ADMIN_KEY.as_bytes())],
                ..Settings::new(issuer)
            },
        };
        let authority = Arc::new(Authority::start(foundations).await?);
        let caller = authority.authenticate_credential(ADMIN_KEY).context("the administrator is unknown")?;
        Ok(Self { authority, verifier, caller, last_sync })
    }

    /// When the store last synced.
    pub fn last_sync(&self) -> &LastSync {
        &self.last_sync
    }

    /// Serves every endpoint on a loopback port, until the runtime ends; where.
    pub async fn serve(&self) -> anyhow::Result<String> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let authority = Arc::clone(&self.authority);
        let state =
            AppState::new(Arc::clone(&authority), Arc::clone(&self.verifier), HttpSettings::default());
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        tokio::spawn(axum::serve(listener, router(state)).into_future());
        tokio::spawn(async move { authority.follow().await });
        Ok(url)
    }

    /// A key of a new service credential of the role verifier.
    pub async fn verifier_key(&self) -> anyhow::Result<String> {
        let new = NewCredential { name: "verifiers".into(), roles: vec![Role::Verifier], client: None };
        Ok(self.authority.create_credential(&self.caller, new).await?.key.expose().to_owned())
    }

    /// Whether the verifier beside the authority accepts `token` now.
    pub fn accepts(&self, token: &str) -> bool {
        let answer = self.verifier.check(token, Moment::fresh(SystemClock.now()));
        answer.is_ok_and(|checked| checked.accepted().is_some())
    }

    /// Opens `count` sessions, a thousand at a time.
    pub async fn sign_in_many(self: &Arc<Self>, count: usize) -> anyhow::Result<Vec<String>> {
        let mut sessions = Vec::with_capacity(count);
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..count {
            if tasks.len() >= 1_000
                && let Some(done) = tasks.join_next().await
            {
                sessions.push(done??);
            }
            let house = Arc::clone(self);
            tasks.spawn(async move { house.sign_in().await.map(|opened| opened.session) });
        }
        while let Some(done) = tasks.join_next().await {
            sessions.push(done??);
        }
        Ok(sessions)
    }

    /// Opens a session.
    pub async fn sign_in(&self) -> anyhow::Result<Opened> {
        let subject = Subject::new(id("usr_", &mut fastrand::Rng::new()))?;
        let answer =
            self.authority.sign_in(&self.caller, SignIn::new(subject, ClientId::new(CLIENT)?)).await?;
        match answer {
            SignedIn::Open(tokens) => {
                let session = tokens.session_id.ok_or_else(|| anyhow!("a sign-in without a session"))?;
                let token = tokens.access_token.expose().to_owned();
                Ok(Opened { session: session.as_str().to_owned(), token })
            }
            other => bail!("a sign-in was refused: {other:?}"),
        }
    }

    /// Where the log stands.
    pub async fn head(&self) -> anyhow::Result<Position> {
        Ok(self.authority.head().await?.position)
    }

    /// Ends every session of a subject.
    pub async fn end_subject(&self, subject: &str) -> anyhow::Result<()> {
        let request = RevocationRequest::end(TargetRequest::Subject(Subject::new(subject)?));
        match self.authority.revoke(&self.caller, request).await? {
            RevokeOutcome::Revoked(_) => Ok(()),
            other => bail!("a revocation was refused: {other:?}"),
        }
    }

    /// Ends a session. When this returns, that is durable, and the verifier beside the authority enforces it.
    pub async fn end(&self, session: &str) -> anyhow::Result<()> {
        let request = RevocationRequest::end(TargetRequest::Session(SessionId::new(session)?));
        match self.authority.revoke(&self.caller, request).await? {
            RevokeOutcome::Revoked(_) => Ok(()),
            other => bail!("a revocation was refused: {other:?}"),
        }
    }
}

impl crate::callers::Caller for Arc<House> {
    /// The use case itself.
    async fn revoke(&mut self, session: String) -> anyhow::Result<()> {
        self.end(&session).await
    }
}
