//! What the operator decided: checked once, at the start.

mod check;
mod client;
mod events;
mod lifetimes;
mod one_time;
mod sessions;

use std::collections::BTreeMap;
use std::time::Duration;

use quash_core::ids::{ClientId, Issuer};
use quash_core::planted::{self, Bug};
use quash_core::revocation::decide::TimeRules;
use quash_core::session::policy::SessionPolicy;
use quash_jose::{Algorithm, Required, TokenProfile, TypeRule};
use quash_storage::ports::Horizons;

pub use check::SettingsProblem;
pub use client::{Allowed, ClientKind, ClientProfile, GrantType, TokenType};
pub use events::{EventReach, EventRule, EventTable, usual_events};
pub use lifetimes::{Lifetimes, RequestedLifetimes, SessionLimits};
pub use one_time::OneTimeSettings;
pub use sessions::MOST_SESSIONS;

/// What is done about a refresh token that is used again long after its successor (S02).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReusePolicy {
    /// End the session: a thief and a user can not be told apart.
    #[default]
    EndSession,
    /// Refuse this use, leave the session alone, count it.
    RefuseOnly,
}

/// What the operator decided.
#[derive(Clone)]
pub struct Settings {
    /// `iss` of own tokens.
    pub issuer: Issuer,
    /// How long tokens and sessions live where a client says nothing else.
    pub lifetimes: Lifetimes,
    /// For how long after its rotation an older refresh token is answered with the current one (S03).
    pub refresh_grace: Duration,
    /// Added to `exp` by own verifiers; at most 60 s.
    pub leeway: Duration,
    /// How far ahead `iat` may lie.
    pub future_skew: Duration,
    /// What access tokens are signed with.
    pub algorithm: Algorithm,
    /// How long a key signs before the next one takes its place by itself; never when `None`.
    pub rotate_keys_every: Option<Duration>,
    /// How long a session that is over can still be looked at.
    pub keep_ended: Duration,
    /// How long an entry of the audit log is kept.
    pub keep_audit: Duration,
    /// What is done about a stolen refresh token.
    pub reuse: ReusePolicy,
    /// Whether own tokens of a session pass only while it is registered in the log (S12). Verifiers then hold every
    /// session that can live, and every `end` for as long.
    pub allowlist: bool,
    /// The most bytes of JSON that a session's claims may take (S49).
    pub claims_budget_bytes: usize,
    /// For how long after it was recorded an entry can be taken back; not at all when zero. At most a day.
    pub undo_window: Duration,
    /// What holds for tokens that may be used once.
    pub one_time: OneTimeSettings,
    /// The OAuth clients.
    pub clients: Vec<ClientProfile>,
    /// How many sessions a subject may have at all clients together that have no policy of their own; any number when
    /// `None`.
    pub sessions: Option<SessionPolicy>,
    /// What events in a subject's life revoke.
    pub events: EventTable,
    /// Other issuers whose tokens can be revoked here, with their rules of time.
    pub foreign_issuers: BTreeMap<Issuer, TimeRules>,
    /// SHA-256 of the administrators' keys that come from the configuration.
    pub admin_key_digests: Vec<[u8; 32]>,
}

impl std::fmt::Debug for Settings {
    /// Shows no digest of a key: a weak key could be guessed from it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("issuer", &self.issuer)
            .field("lifetimes", &self.lifetimes)
            .field("clients", &self.clients)
            .field("admin_keys", &self.admin_key_digests.len())
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// The defaults, for tokens issued as `issuer`: ES256, access tokens of 600 s, 14 days idle, 90 days in all,
    /// 30 s of refresh grace, no leeway, 5 s of skew, 90 days to a key, ended sessions kept for 30 days and audit entries for 400, 4 KiB of claims,
    /// 10 minutes to undo an entry, no client, no administrator.
    pub fn new(issuer: Issuer) -> Self {
        Self {
            issuer,
            lifetimes: Lifetimes::default(),
            refresh_grace: Duration::from_secs(30),
            leeway: Duration::ZERO,
            future_skew: Duration::from_secs(5),
            algorithm: Algorithm::Es256,
            rotate_keys_every: Some(Duration::from_secs(90 * 24 * 3600)),
            keep_ended: Duration::from_secs(30 * 24 * 3600),
            keep_audit: Duration::from_secs(400 * 24 * 3600),
            reuse: ReusePolicy::default(),
            allowlist: false,
            claims_budget_bytes: 4096,
            undo_window: Duration::from_secs(600),
            one_time: OneTimeSettings::default(),
            clients: Vec::new(),
            sessions: None,
            events: usual_events(),
            foreign_issuers: BTreeMap::new(),
            admin_key_digests: Vec::new(),
        }
    }

    /// The profile of `client`.
    pub fn client(&self, client: &ClientId) -> Option<&ClientProfile> {
        self.clients.iter().find(|profile| profile.id == *client)
    }

    /// The longest lives that these settings allow. The store keeps the longest that were ever configured.
    pub fn horizons(&self) -> Horizons {
        let mut longest = Horizons { access_token: self.lifetimes.access, session: self.lifetimes.absolute };
        for client in &self.clients {
            let lifetimes = client.lifetimes.unwrap_or(self.lifetimes);
            let limits = client.longest.unwrap_or(lifetimes.limits());
            longest.access_token = longest.access_token.max(lifetimes.access);
            longest.session = longest.session.max(lifetimes.absolute).max(limits.absolute);
        }
        longest.access_token = longest.access_token.max(self.one_time.longest);
        longest
    }

    /// The rules of time for own tokens, where `horizons` is what the store holds after
    /// [`Settings::horizons`] was raised in it.
    pub fn own_time_rules(&self, horizons: Horizons) -> TimeRules {
        TimeRules {
            leeway: self.leeway,
            future_skew: self.future_skew,
            longest_life: if planted::is(Bug::ForgetHorizons) {
                self.horizons().access_token
            } else {
                horizons.access_token.max(self.horizons().access_token)
            },
        }
    }

    /// What own access tokens look like: those of every client, and those of no session (`client_credentials`).
    pub fn own_token_profile(&self) -> TokenProfile {
        let mut audiences: Vec<String> =
            self.clients.iter().flat_map(|client| &client.audiences).map(ToString::to_string).collect();
        let mut types: Vec<String> =
            self.clients.iter().map(|client| client.token_type.name().to_owned()).collect();
        for names in [&mut audiences, &mut types] {
            names.sort_unstable();
            names.dedup();
        }
        let required = vec![
            Required::Subject,
            Required::Client,
            Required::Token,
            Required::IssuedAt,
            Required::Position,
        ];
        TokenProfile::own(self.issuer.clone(), audiences)
            .with_types(TypeRule::OneOf(types))
            .with_required(required)
    }
}
