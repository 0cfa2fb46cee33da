//! A trusted backend opens a session for a subject whose identity it has checked.

use std::collections::BTreeMap;

use quash_core::ids::{ClientId, DeviceId, GrantId, SessionId, Subject};
use quash_core::position::Position;
use quash_core::session::ban::Ban;
use quash_core::session::device::Device;
use quash_core::session::grant::{Generation, Grant};
use quash_core::session::session::{Session, SessionState};
use quash_core::time::Timestamp;
use quash_storage::ports::{Act, Idempotency, NewSession, Opened};

use crate::authority::Authority;
use crate::caller::Caller;
use crate::claims_policy;
use crate::entropy::random;
use crate::error::{Error, RequestError};
use crate::idempotency::{self, digest};
use crate::permissions::{Verb, authorize};
use crate::refusal::Refusal;
use crate::reply::Granted;
use crate::session_limit::LimitReached;
use crate::settings::{ClientProfile, RequestedLifetimes, SessionLimits};
use crate::token_reply::TokenReply;
use crate::{scope, text};

/// A sign-in to open a session for.
#[derive(Clone, Debug, PartialEq)]
pub struct SignIn {
    /// Who signed in.
    pub subject: Subject,
    /// Through which client.
    pub client: ClientId,
    /// On which device.
    pub device: DeviceDescription,
    /// From which address, as the backend saw it; 1 to 64 bytes.
    pub ip: Option<Box<str>>,
    /// With which user agent; 1 to 1,024 bytes.
    pub user_agent: Option<Box<str>>,
    /// At which place, in the backend's own words: `Vienna, AT`; 1 to 256 bytes.
    pub place: Option<Box<str>>,
    /// What the session may do, within the client's scopes; nothing when `None`.
    pub scope: Option<Box<str>>,
    /// How the user signed in: `amr` (RFC 8176); at most 16 words.
    pub methods: Vec<Box<str>>,
    /// Claims for every access token of the session. No registered one, none that the client may not carry.
    pub claims: serde_json::Map<String, serde_json::Value>,
    /// The head that the backend read before it checked the password: whatever was revoked since hits the new
    /// session. The head at the opening when `None`.
    pub as_of: Option<Position>,
    /// Other lifetimes than the client's, within its longest ("remember me").
    pub lifetimes: RequestedLifetimes,
    /// When the user proved who they are; now when `None`, never in the future.
    pub authenticated_at: Option<Timestamp>,
    /// Makes a retry open one session; 1 to 256 bytes, the caller's own.
    pub idempotency: Option<Box<str>>,
}

impl SignIn {
    /// A sign-in of `subject` through `client`, with nothing else said.
    pub fn new(subject: Subject, client: ClientId) -> Self {
        Self {
            subject,
            client,
            device: DeviceDescription::default(),
            ip: None,
            user_agent: None,
            place: None,
            scope: None,
            methods: Vec::new(),
            claims: serde_json::Map::new(),
            as_of: None,
            lifetimes: RequestedLifetimes::default(),
            authenticated_at: None,
            idempotency: None,
        }
    }
}

/// A device as the backend describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceDescription {
    /// The backend's own id for it; one is minted when `None`.
    pub id: Option<DeviceId>,
    /// What a person calls it; 1 to 256 bytes.
    pub name: Option<Box<str>>,
    /// `phone`, `browser`, `tv` …; 1 to 256 bytes.
    pub kind: Option<Box<str>>,
}

/// What became of a [`SignIn`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SignedIn {
    /// The session is open, or was opened by the same request before, or is one that lives and is shared (S23).
    Open(Box<TokenReply>),
    /// The same request opened a session before, and it is over by now.
    Over(Refusal),
    /// The idempotency key was used for another request. Nothing was done.
    KeyUsedOtherwise,
    /// The subject has as many sessions as it may have, and the policy refuses one more. Nothing was done.
    LimitReached(LimitReached),
    /// The subject is banned from the client. Nothing was done.
    Banned(Box<Ban>),
    /// Nobody goes by this id any more: the subject got this other one. Nothing was done.
    Aliased(Subject),
}

/// The most words of `amr`.
const MOST_METHODS: usize = 16;

impl Authority {
    /// Opens a session for a subject whose identity `caller` has checked, and returns its first token pair.
    ///
    /// The session stands at the smaller of `as_of` and the head: whatever is revoked after that hits it. Where it
    /// takes the place of others, this server refuses those when the call returns.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Request`] naming the field, [`Error::Store`]: then no session is
    /// acknowledged, and one that was opened all the same is found again by the idempotency key.
    pub async fn sign_in(&self, caller: &Caller, sign_in: SignIn) -> Result<SignedIn, Error> {
        authorize(caller, Verb::OpenSession)?;
        if !caller.may_act_for(&sign_in.client) {
            return Err(Error::Forbidden(Verb::OpenSession));
        }
        let now = self.now();
        let profile = self.client_profile(&sign_in.client)?;
        self.check(&sign_in, profile)?;
        self.names_warned.warn(&sign_in.claims, &self.counters.private_claims);
        let idempotency =
            idempotency::of(caller, "sign_in", sign_in.idempotency.as_deref(), || sign_in.digest())?;
        let limit = self.session_limit(caller, profile, now);
        let new = self.new_session(profile, sign_in, idempotency, caller.act(now))?;
        let registration = self.registering(caller, &new.session);
        let registered = registration.is_some();
        let new = NewSession { limit: limit.clone(), registration, ..new };
        let looks_back = new.as_of.is_some();
        let opened = self.store.open(new).await?;
        if matches!(opened, Opened::Open { .. }) {
            self.counters.sessions_opened.add_one();
        }
        let (session, grant) = match opened {
            Opened::Open { session, grant, replaced } | Opened::Shared { session, grant, replaced } => {
                self.enforce_replacements(replaced).await?;
                if registered {
                    self.enforce_head().await?;
                }
                if looks_back && let Some(refusal) = self.cut_by_forgotten(profile, &grant, now).await? {
                    return Ok(SignedIn::Over(refusal));
                }
                (session, grant)
            }
            Opened::Before { session, grant } => {
                if limit.is_some() || registered {
                    self.enforce_head().await?;
                }
                if let Some(refusal) = self.ended_since(&grant).await? {
                    return Ok(SignedIn::Over(refusal));
                }
                (session, grant)
            }
            Opened::AheadOfHead { .. } => {
                return Err(RequestError::new("as_of", "a position at or below the head").into());
            }
            Opened::LimitReached { live } => {
                self.counters.sign_ins_over_limit.add_one();
                return Ok(SignedIn::LimitReached(LimitReached::of(live, limit.as_ref())));
            }
            Opened::Banned(ban) => {
                self.counters.sign_ins_banned.add_one();
                return Ok(SignedIn::Banned(ban));
            }
            Opened::Aliased(alias) => return Ok(SignedIn::Aliased(alias.new)),
            _ => return Ok(SignedIn::KeyUsedOtherwise),
        };
        if let Some(over) = session.over(now) {
            return Ok(SignedIn::Over(Refusal::over(&over)));
        }
        let position = grant.opened_position;
        let granted =
            Granted { client: profile, session: &session, grant: &grant, scope: None, position, now };
        Ok(match self.pair(&granted).await? {
            Ok(reply) => SignedIn::Open(Box::new(reply)),
            Err(over) => SignedIn::Over(Refusal::over(&over)),
        })
    }

    /// What cut a sign-in off between its `as_of` and now, where verifiers may forget it while the access token
    /// would still live: such a token must not be made. A cutoff that they hold to its end refuses it by itself.
    async fn cut_by_forgotten(
        &self,
        profile: &ClientProfile,
        grant: &Grant,
        now: Timestamp,
    ) -> Result<Option<Refusal>, Error> {
        let listed = self.store.grant(&grant.id).await?.map(|(_, listed)| listed);
        let end =
            now.plus(profile.lifetimes.unwrap_or(self.settings.lifetimes).access + self.settings.leeway);
        let cut = listed.and_then(|listed| listed.cut_by).filter(|entry| entry.fact.retain_until < end);
        Ok(cut.map(|entry| Refusal::cut_off(&entry)))
    }

    /// What ended the grant of a repeated sign-in, if something did.
    async fn ended_since(&self, grant: &Grant) -> Result<Option<Refusal>, Error> {
        let listed = self.store.grant(&grant.id).await?.map(|(_, listed)| listed);
        Ok(listed.and_then(|listed| listed.cut_by).map(|entry| Refusal::cut_off(&entry)))
    }

    fn check(&self, sign_in: &SignIn, profile: &ClientProfile) -> Result<(), RequestError> {
        check_scope(sign_in.scope.as_deref(), profile)?;
        text::check_optional("device.name", sign_in.device.name.as_deref(), 256)?;
        text::check_optional("device.type", sign_in.device.kind.as_deref(), 256)?;
        text::check_optional("ip", sign_in.ip.as_deref(), 64)?;
        text::check_optional("user_agent", sign_in.user_agent.as_deref(), 1024)?;
        text::check_optional("place", sign_in.place.as_deref(), 256)?;
        if sign_in.methods.len() > MOST_METHODS {
            return Err(RequestError::new("amr", format!("at most {MOST_METHODS} words")));
        }
        sign_in.methods.iter().try_for_each(|method| text::check("amr", method, 64))?;
        claims_policy::check(&sign_in.claims, &profile.claims, self.settings.claims_budget_bytes)
    }

    fn new_session(
        &self,
        profile: &ClientProfile,
        sign_in: SignIn,
        idempotency: Option<Idempotency>,
        act: Act,
    ) -> Result<NewSession, Error> {
        let now = act.at;
        let limits = self.limits(profile, sign_in.lifetimes)?;
        let authenticated_at = self.authenticated_at(sign_in.authenticated_at, now)?;
        // S07: the session's age counts from the proof of identity, not from the call that reported it.
        let absolute_end = authenticated_at.plus(limits.absolute);
        if absolute_end.seconds() <= now.seconds() {
            return Err(
                RequestError::new("authenticated_at", "a sign-in within the session's longest life").into()
            );
        }
        let device = self.device(sign_in.device, now)?;
        let session = Session {
            id: SessionId::mint(now, random(&*self.entropy)?),
            subject: sign_in.subject,
            state: SessionState::Active,
            authenticated_at,
            opened_at: now,
            opened_position: Position::ZERO,
            idle_limit: limits.idle,
            absolute_end,
            last_used_at: now,
            claims: sign_in.claims,
            claims_changed: BTreeMap::new(),
            methods: sign_in.methods,
            device,
            ip: sign_in.ip,
            user_agent: sign_in.user_agent,
            place: sign_in.place,
        };
        let grant = self.new_grant(&session.id, profile, sign_in.scope.unwrap_or_default(), now)?;
        Ok(NewSession {
            session,
            grant,
            as_of: sign_in.as_of,
            limit: None,
            registration: None,
            idempotency,
            act,
        })
    }

    /// A grant as it is before it is stored: the store sets its position.
    pub(crate) fn new_grant(
        &self,
        session: &SessionId,
        profile: &ClientProfile,
        scope: Box<str>,
        now: Timestamp,
    ) -> Result<Grant, Error> {
        Ok(Grant {
            id: GrantId::mint(now, random(&*self.entropy)?),
            session: session.clone(),
            client: profile.id.clone(),
            scope,
            master: self.masters.current(),
            opened_at: now,
            opened_position: Position::ZERO,
            generation: Generation::default(),
            rotations: Vec::new(),
            sign_in: None,
        })
    }

    fn device(&self, device: DeviceDescription, now: Timestamp) -> Result<Device, Error> {
        let id = match device.id {
            Some(id) => id,
            None => DeviceId::mint(now, random(&*self.entropy)?),
        };
        Ok(Device { id, name: device.name, kind: device.kind })
    }

    fn limits(
        &self,
        profile: &ClientProfile,
        asked: RequestedLifetimes,
    ) -> Result<SessionLimits, RequestError> {
        let default = profile.lifetimes.unwrap_or(self.settings.lifetimes).limits();
        let longest = profile.longest.unwrap_or(default);
        let absolute = asked.absolute.unwrap_or(default.absolute);
        let idle = asked.idle.unwrap_or(default.idle).min(absolute);
        let second = std::time::Duration::from_secs(1);
        let within = |field: &'static str, asked, longest: std::time::Duration| {
            let expected = || format!("1 to {} seconds", longest.as_secs());
            if (second..=longest).contains(&asked) {
                Ok(())
            } else {
                Err(RequestError::new(field, expected()))
            }
        };
        within("lifetimes.absolute", absolute, longest.absolute)?;
        within("lifetimes.idle", idle, longest.idle)?;
        Ok(SessionLimits { idle, absolute })
    }

    /// Never in the future: a sign-in reported as later than now would escape breach windows.
    fn authenticated_at(
        &self,
        reported: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Timestamp, RequestError> {
        match reported {
            Some(at) if at > now.plus(self.settings.future_skew) => {
                Err(RequestError::new("authenticated_at", "an instant that is not in the future"))
            }
            reported => Ok(reported.unwrap_or(now).min(now)),
        }
    }
}

/// Whether `scope` is well-formed and allowed for the client.
pub(crate) fn check_scope(asked: Option<&str>, profile: &ClientProfile) -> Result<(), RequestError> {
    let Some(asked) = asked else { return Ok(()) };
    let names = scope::names(asked)
        .ok_or_else(|| RequestError::new("scope", "names divided by single spaces (RFC 6749 section 3.3)"))?;
    let allowed = names.iter().all(|name| profile.scopes.contains(name));
    if allowed { Ok(()) } else { Err(RequestError::new("scope", "scopes that the client may ask for")) }
}

impl SignIn {
    /// What makes two requests the same: everything but the idempotency key.
    fn digest(&self) -> [u8; 32] {
        digest(&serde_json::json!([
            self.subject,
            self.client,
            self.device.id,
            self.device.name,
            self.device.kind,
            self.ip,
            self.user_agent,
            self.place,
            self.scope,
            self.methods,
            self.claims,
            self.as_of,
            self.lifetimes.idle,
            self.lifetimes.absolute,
            self.authenticated_at,
        ]))
    }
}
