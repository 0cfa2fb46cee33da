//! A gateway with everything before and behind it.

use super::answerer::Answerer;
use super::client::{Reply, Request};
use super::gateway::Gateway;
use super::kind::Kind;
use super::upstream::{Seen, Upstream};

/// The headers that say who asks.
pub(super) const IDENTITY: [&str; 5] =
    ["x-auth-issuer", "x-auth-subject", "x-auth-session", "x-auth-scope", "x-auth-roles"];

/// A gateway, whoever it asks, and the service behind it.
pub(super) struct House {
    pub(super) kind: &'static Kind,
    pub(super) answerer: Answerer,
    pub(super) gateway: Gateway,
    pub(super) upstream: Upstream,
}

impl House {
    pub(super) fn new(kind: &'static Kind, answerer: Answerer) -> Self {
        let upstream = Upstream::start();
        let gateway = Gateway::start(kind, answerer.address, upstream.address);
        Self { kind, answerer, gateway, upstream }
    }

    /// Sends a request that has to reach the service, and what reached it.
    pub(super) fn passed(&self, request: Request) -> Seen {
        let reply = request.send(self.gateway.address);
        assert_eq!(reply.status, 200, "{reply:?} {}", self.gateway.log());
        self.upstream.asked(&reply)
    }

    /// Sends a request that must not reach the service, and what its client is told.
    pub(super) fn refused(&self, request: Request) -> Reply {
        let before = self.upstream.count();
        let reply = request.send(self.gateway.address);
        assert_eq!(self.upstream.count(), before, "it reached the service: {reply:?}");
        reply
    }
}

/// What the service is told about who asks.
pub(super) fn identity(seen: &Seen) -> [String; 5] {
    IDENTITY.map(|name| seen.field(name))
}
