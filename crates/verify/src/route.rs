//! What one route asks of a token beyond being accepted.

use std::time::Duration;

use quash_core::ids::Issuer;
use quash_core::revocation::freshness::{StalePolicy, Staleness};

use crate::checked::{Checked, Refusal, TokenRef};

/// The rules of one route. Empty rules ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteRules {
    scopes: Vec<Box<str>>,
    roles: Vec<Box<str>>,
    issuers: Vec<Issuer>,
    staleness: Staleness,
}

/// Whether a route is open to a token.
#[derive(Debug)]
pub enum Admission<'p> {
    /// It is.
    Admitted(TokenRef<'p>),
    /// The token is good, but the route asks for more.
    Forbidden(TokenRef<'p>, Shortfall),
    /// The token is refused everywhere.
    Refused(Refusal<'p>),
}

/// What a good token lacks for a route.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shortfall {
    /// A scope: all that the route asks for, separated by spaces (RFC 6750 section 3, `scope`).
    Scope(String),
    /// A role: all that the route asks for, separated by spaces.
    Role(String),
    /// It comes from an issuer that the route is not open to.
    Issuer,
}

impl RouteRules {
    /// Asks for nothing.
    pub fn none() -> Self {
        Self::default()
    }

    /// Asks for `scope`, too.
    #[must_use]
    pub fn scope(mut self, scope: &str) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// Asks for `role` (RFC 9068 section 2.2.3.1, `roles`), too.
    #[must_use]
    pub fn role(mut self, role: &str) -> Self {
        self.roles.push(role.into());
        self
    }

    /// Opens the route to tokens of `issuer`; without any such call, to those of all trusted issuers.
    #[must_use]
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuers.push(issuer);
        self
    }

    /// Calls knowledge of the age of `max` stale, where the verifier itself would still build on it. A longer age
    /// than the verifier's own changes nothing.
    #[must_use]
    pub fn max_staleness(mut self, max: Duration) -> Self {
        self.staleness.max = Some(max);
        self
    }

    /// Sets what is done on stale knowledge. A policy that is laxer than the verifier lets its routes be changes
    /// nothing: see [`Gauge::routes_may`](crate::Gauge::routes_may).
    #[must_use]
    pub fn stale_policy(mut self, policy: StalePolicy) -> Self {
        self.staleness.policy = Some(policy);
        self
    }

    /// What the route asks of the knowledge that an accept stands on.
    pub fn staleness(&self) -> Staleness {
        self.staleness
    }

    /// What `checked` comes to on this route.
    pub fn admit<'p>(&self, checked: Checked<'p>) -> Admission<'p> {
        match checked {
            Checked::Rejected(refusal) => Admission::Refused(refusal),
            Checked::Accepted(token) => match self.shortfall(&token) {
                None => Admission::Admitted(token),
                Some(shortfall) => Admission::Forbidden(token, shortfall),
            },
        }
    }

    fn shortfall(&self, token: &TokenRef<'_>) -> Option<Shortfall> {
        if !self.issuers.is_empty() && !self.issuers.contains(token.verified_issuer()) {
            return Some(Shortfall::Issuer);
        }
        if !self.scopes.iter().all(|scope| token.has_scope(scope)) {
            return Some(Shortfall::Scope(self.scopes.join(" ")));
        }
        let has_all = self.roles.iter().all(|role| token.has_role(role));
        (!has_all).then(|| Shortfall::Role(self.roles.join(" ")))
    }
}
