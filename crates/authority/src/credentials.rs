//! Service credentials: made, listed, removed, recognised.

use std::sync::Arc;

use base64_simd::URL_SAFE_NO_PAD;
use quash_core::ids::{ClientId, CredentialId};
use quash_core::time::Timestamp;
use quash_jose::digest::{constant_time_equal, sha256};
use quash_storage::ports::{Role, StoredCredential};
use zeroize::Zeroizing;

use crate::authority::Authority;
use crate::caller::Caller;
use crate::entropy::{Entropy, random};
use crate::error::{Error, RequestError};
use crate::feed::{TrustTooLarge, TrustedCredential};
use crate::permissions::{Verb, authorize};
use crate::plain_token::PlainToken;
use crate::text;

/// A service credential to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCredential {
    /// What a person calls it; 1 to 256 bytes.
    pub name: Box<str>,
    /// What it may do; at least one.
    pub roles: Vec<Role>,
    /// Only for this client.
    pub client: Option<ClientId>,
}

/// A service credential that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedCredential {
    /// Its id.
    pub id: CredentialId,
    /// The key: shown this once, kept as a digest only.
    pub key: PlainToken,
}

/// A service credential, as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialInfo {
    /// Its id.
    pub id: CredentialId,
    /// What a person calls it.
    pub name: Box<str>,
    /// What it may do.
    pub roles: Vec<Role>,
    /// Only for this client.
    pub client: Option<ClientId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What every made key starts with, so that secret scanners know it.
pub const KEY_PREFIX: &str = "qsk_";

/// The id that administrators from the configuration act as.
const CONFIGURED: &str = "cred_configured";

/// Every credential in memory, by the digest of its key.
#[derive(PartialEq)]
pub(crate) struct KnownCredentials(Vec<([u8; 32], Caller)>);

impl KnownCredentials {
    pub(crate) fn new(stored: Vec<StoredCredential>, configured_admins: &[[u8; 32]]) -> Self {
        let stored = stored.into_iter().map(|credential| {
            (
                credential.digest,
                Caller::authenticated(credential.id, credential.roles.into(), credential.client),
            )
        });
        let admin =
            CredentialId::new(CONFIGURED).map(|id| Caller::authenticated(id, [Role::Admin].into(), None));
        let admins =
            admin.into_iter().flat_map(|admin| configured_admins.iter().map(move |d| (*d, admin.clone())));
        Self(stored.chain(admins).collect())
    }

    /// Those that are stored and may `verb`.
    pub(crate) fn that_may(&self, verb: Verb) -> Vec<TrustedCredential> {
        let trusted = |(digest, caller): &([u8; 32], Caller)| TrustedCredential {
            id: caller.id().clone(),
            digest: *digest,
            roles: caller.roles().to_vec(),
            client: caller.client().cloned(),
        };
        let may = |(_, caller): &&([u8; 32], Caller)| {
            caller.id().as_str() != CONFIGURED && authorize(caller, verb).is_ok()
        };
        self.0.iter().filter(may).map(trusted).collect()
    }

    /// Every digest is compared, each in constant time.
    fn find(&self, digest: &[u8; 32]) -> Option<&Caller> {
        let same = |(known, caller)| constant_time_equal(known, digest).then_some(caller);
        self.0.iter().map(|(known, caller)| same((known, caller))).fold(None, Option::or)
    }

    fn of_id(&self, id: &CredentialId) -> Option<&Caller> {
        self.0.iter().map(|(_, caller)| caller).find(|caller| caller.id() == id)
    }
}

impl Authority {
    /// Who holds `key`: any 32 to 256 printable ASCII characters that are known here. From memory: one SHA-256 and
    /// a comparison with every credential, about a microsecond.
    pub fn authenticate_credential(&self, key: &str) -> Option<Caller> {
        let formed = (32..=256).contains(&key.len()) && key.bytes().all(|byte| (0x20..0x7F).contains(&byte));
        formed.then(|| self.credentials.load().find(&sha256(key.as_bytes())).cloned()).flatten()
    }

    /// Whether `caller` may still do `verb`: its credential is there, with a role that allows it. From memory: what
    /// goes on for long asks again and again.
    pub fn still_allows(&self, caller: &Caller, verb: Verb) -> bool {
        let known = self.credentials.load();
        known.of_id(caller.id()).is_some_and(|caller| authorize(caller, verb).is_ok())
    }

    /// Makes a service credential. Its key is in the answer and nowhere else.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Request`] for a bad name, no role or an unknown client, [`Error::TrustTooLarge`]
    /// for one more that may introspect than verifiers can be told of, [`Error::Store`].
    pub async fn create_credential(
        &self,
        caller: &Caller,
        new: NewCredential,
    ) -> Result<CreatedCredential, Error> {
        authorize(caller, Verb::ChangeCredentials)?;
        text::check("name", &new.name, 256)?;
        if new.roles.is_empty() {
            return Err(RequestError::new("roles", "at least one role").into());
        }
        if let Some(client) = &new.client {
            self.client_profile(client).map_err(|_| RequestError::new("client", "a configured client"))?;
        }
        let now = self.now();
        let id = CredentialId::mint(now, random(&*self.entropy)?);
        let key = make_key(&*self.entropy)?;
        let NewCredential { name, mut roles, client } = new;
        roles.sort_unstable();
        roles.dedup();
        let digest = sha256(key.expose().as_bytes());
        let stored = StoredCredential { id: id.clone(), name, digest, roles, client, created_at: now };
        let _one_at_a_time = self.changing_credentials.lock().await;
        self.check_told(&stored)?;
        self.store.put_credential(stored, caller.act(now)).await?;
        self.reload_credentials().await?;
        Ok(CreatedCredential { id, key })
    }

    /// The service credentials that are stored, by id.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Store`].
    pub async fn list_credentials(&self, caller: &Caller) -> Result<Vec<CredentialInfo>, Error> {
        authorize(caller, Verb::ReadCredentials)?;
        let info = |StoredCredential { id, name, roles, client, created_at, .. }| CredentialInfo {
            id,
            name,
            roles,
            client,
            created_at,
        };
        Ok(self.store.credentials().await?.into_iter().map(info).collect())
    }

    /// Removes a service credential; whether it was there. Its key is refused from now on.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Store`].
    pub async fn delete_credential(&self, caller: &Caller, id: &CredentialId) -> Result<bool, Error> {
        authorize(caller, Verb::ChangeCredentials)?;
        let _one_at_a_time = self.changing_credentials.lock().await;
        let was_there = self.store.delete_credential(id, caller.act(self.now())).await?;
        self.reload_credentials().await?;
        Ok(was_there)
    }

    /// Whether verifiers can still be told of everybody who may introspect, with `new` among them.
    fn check_told(&self, new: &StoredCredential) -> Result<(), TrustTooLarge> {
        let more = KnownCredentials::new(vec![new.clone()], &[]).that_may(Verb::Introspect);
        if more.is_empty() {
            return Ok(());
        }
        let mut trust = self.trust();
        trust.credentials.extend(more);
        self.enforcement.can_be_told(&trust)
    }

    pub(crate) async fn maintain_credentials(&self) -> Result<(), Error> {
        let _one_at_a_time = self.changing_credentials.lock().await;
        self.reload_credentials().await
    }

    async fn reload_credentials(&self) -> Result<(), Error> {
        let stored = self.store.credentials().await?;
        let known = KnownCredentials::new(stored, &self.settings.admin_key_digests);
        if *self.credentials.load_full() != known {
            self.credentials.store(Arc::new(known));
            self.trust_changed();
        }
        Ok(())
    }
}

fn make_key(entropy: &dyn Entropy) -> Result<PlainToken, Error> {
    let bytes = Zeroizing::new(random::<32>(entropy)?);
    let mut text = String::from(KEY_PREFIX);
    URL_SAFE_NO_PAD.encode_append(*bytes, &mut text);
    Ok(PlainToken::new(text))
}
