//! An authority over the embedded store, put together as the server does it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use quash_authority::{
    Authority, Caller, ClientProfile, Clock as _, Foundations, Master, Masters, RevocationRequest,
    RevokeOutcome, Settings, SignIn, SignedIn, SystemClock, SystemEntropy, SystemUptime, TargetRequest,
};
use quash_core::ids::{ClientId, Issuer, SessionId, Subject};
use quash_core::position::Position;
use quash_http::VerifierEnforcement;
use quash_jose::KeySet;
use quash_jose::digest::sha256;
use quash_storage::embedded::{EmbeddedStore, OpenOptions};
use quash_storage::ports::{RevocationLog as _, Store};
use quash_verify::{IssuerConfig, Verifier};

use crate::tokens::{AUDIENCE, CLIENT, ISSUER, id};

const ADMIN_KEY: &str = "the key of the benchmark's administrator";

/// The store in the file at `path`, made when there is none.
pub fn open_store(path: &Path, issuer: &str) -> anyhow::Result<EmbeddedStore> {
    let mut random = [0; 36];
    aws_lc_rs::rand::fill(&mut random)?;
    Ok(OpenOptions::file(path, Issuer::new(issuer)?).open(SystemClock.now(), random)?)
}

/// An authority, its verifier, and somebody who may do everything.
pub struct House {
    authority: Arc<Authority>,
    caller: Caller,
}

impl House {
    /// A house whose store is in `folder`.
    pub async fn open(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let store = Arc::new(open_store(&folder.join("quash.redb"), ISSUER)?);
        let issuer = Issuer::new(ISSUER)?;
        let trusted = IssuerConfig::own(issuer.clone(), vec![AUDIENCE.to_owned()], KeySet::default());
        let log = store.identity().await?;
        let verifier = Arc::new(Verifier::builder().issuer(trusted).build(log.key, Position::ZERO)?);
        let foundations = Foundations {
            store: store as Arc<dyn Store>,
            enforcement: Arc::new(VerifierEnforcement::new(verifier, issuer.clone())?),
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
        Ok(Self { authority, caller })
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
            tasks.spawn(async move { house.sign_in().await });
        }
        while let Some(done) = tasks.join_next().await {
            sessions.push(done??);
        }
        Ok(sessions)
    }

    async fn sign_in(&self) -> anyhow::Result<String> {
        let subject = Subject::new(id("usr_", &mut fastrand::Rng::new()))?;
        let answer =
            self.authority.sign_in(&self.caller, SignIn::new(subject, ClientId::new(CLIENT)?)).await?;
        match answer {
            SignedIn::Open(tokens) => {
                let session = tokens.session_id.ok_or_else(|| anyhow!("a sign-in without a session"))?;
                Ok(session.as_str().to_owned())
            }
            other => bail!("a sign-in was refused: {other:?}"),
        }
    }
}

impl crate::callers::Caller for Arc<House> {
    /// The use case itself: when it returns, the verifier beside the authority enforces the entry as well.
    async fn revoke(&mut self, session: String) -> anyhow::Result<()> {
        let request = RevocationRequest::end(TargetRequest::Session(SessionId::new(session)?));
        match self.authority.revoke(&self.caller, request).await? {
            RevokeOutcome::Revoked(_) => Ok(()),
            other => bail!("a revocation was refused: {other:?}"),
        }
    }
}
