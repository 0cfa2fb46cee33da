//! The authority: what every use case is a method of.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use quash_core::ids::{ClientId, Issuer};
use quash_core::position::Position;
use quash_core::revocation::decide::TimeRules;
use quash_core::time::Timestamp;
use quash_storage::ports::{Horizons, Store};
use tokio::sync::watch;

use crate::claims_policy::NamesWarned;
use crate::clock::Clock;
use crate::counts::{Counters, Counts};
use crate::credentials::KnownCredentials;
use crate::enforcement::Enforcement;
use crate::entropy::Entropy;
use crate::error::{Error, RequestError};
use crate::leases::Leases;
use crate::masters::Masters;
use crate::settings::{ClientProfile, Settings};
use crate::signing_keys::SigningKeys;

/// The token authority: opens and renews sessions, revokes, and keeps the answering server's verifier up to date.
///
/// One file holds each use case. All of them can run in parallel. A use case that changed something returns only
/// after the change is durable and enforced by the verifier beside it; when it returns an error, nothing was
/// acknowledged, and the same call is safe to repeat.
pub struct Authority {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) enforcement: Arc<dyn Enforcement>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) masters: Masters,
    pub(crate) settings: Settings,
    pub(crate) clients: HashMap<ClientId, Arc<ClientProfile>>,
    /// Whether an access token of any client is answered with a new one when it is about to end.
    pub(crate) slides: bool,
    pub(crate) horizons: Horizons,
    /// The latest instant that anything was purged at, in milliseconds.
    pub(crate) ratchet: AtomicU64,
    /// The latest instant that a token was issued at since the start, in milliseconds.
    pub(crate) latest_issue: AtomicU64,
    pub(crate) keys: ArcSwap<SigningKeys>,
    pub(crate) changing_keys: tokio::sync::Mutex<()>,
    /// The version of the trust document that the announced key first stood in.
    pub(crate) announced_in: AtomicU64,
    pub(crate) credentials: ArcSwap<KnownCredentials>,
    pub(crate) changing_credentials: tokio::sync::Mutex<()>,
    /// Whether sessions may live that the allowlist should have and has not.
    pub(crate) allowlist_gaps: tokio::sync::Mutex<bool>,
    /// The position that the allowlist was whole at when this authority started.
    pub(crate) listed_from: Position,
    pub(crate) catching_up: tokio::sync::Mutex<()>,
    /// Room for uses of sessions before the store.
    pub(crate) noting_uses: tokio::sync::Semaphore,
    pub(crate) head_changes: watch::Receiver<Position>,
    /// The version of what verifiers are to trust. Begins at [`Authority::first_trust`].
    pub(crate) trust_changes: watch::Sender<u64>,
    pub(crate) first_trust: u64,
    pub(crate) leases: Leases,
    pub(crate) counters: Counters,
    pub(crate) names_warned: NamesWarned,
}

impl Authority {
    /// The instant that everything is judged at: the clock, or the latest purge where the clock has jumped back
    /// behind it, so that nothing which was forgotten comes to life again.
    pub fn now(&self) -> Timestamp {
        self.clock.now().max(self.purged_at())
    }

    /// The latest instant that anything was purged at: what was over then is forgotten for good, and only that.
    pub(crate) fn purged_at(&self) -> Timestamp {
        Timestamp::from_milliseconds(self.ratchet.load(Ordering::Acquire))
    }

    /// The later of `now` and the latest instant that a token was issued at: what outlives all tokens is counted from
    /// here, for the clock may have been ahead for a while and gone back (I10).
    pub(crate) fn not_before_any_issue(&self, now: Timestamp) -> Timestamp {
        now.max(Timestamp::from_milliseconds(self.latest_issue.load(Ordering::Acquire)))
    }

    pub(crate) fn note_issue(&self, now: Timestamp) {
        self.latest_issue.fetch_max(now.milliseconds(), Ordering::AcqRel);
    }

    pub(crate) fn raise_ratchet(&self, purged_at: Timestamp) {
        self.ratchet.fetch_max(purged_at.milliseconds(), Ordering::AcqRel);
    }

    /// What the operator decided.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The rules of time that own tokens are to be verified by.
    pub fn own_time_rules(&self) -> TimeRules {
        self.settings.own_time_rules(self.horizons)
    }

    /// What happened since the start, in numbers.
    pub fn counts(&self) -> Counts {
        self.counters.read()
    }

    pub(crate) fn is_own(&self, issuer: &Issuer) -> bool {
        *issuer == self.settings.issuer
    }

    /// The rules of time of `issuer`, whose tokens can be revoked here.
    pub(crate) fn rules_of(&self, issuer: &Issuer) -> Option<TimeRules> {
        if self.is_own(issuer) {
            return Some(self.own_time_rules());
        }
        self.settings.foreign_issuers.get(issuer).copied()
    }

    pub(crate) fn client_profile(&self, client: &ClientId) -> Result<&Arc<ClientProfile>, Error> {
        let unknown = || RequestError::new("client_id", "a configured client").into();
        self.clients.get(client).ok_or_else(unknown)
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority")
            .field("issuer", &self.settings.issuer)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
