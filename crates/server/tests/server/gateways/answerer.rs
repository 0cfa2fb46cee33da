//! Whoever a gateway asks, and the authority whose tokens are judged there.

use std::net::SocketAddr;

use serde_json::json;

use crate::edge::authority::Authority;
use crate::edge::node::{Edge, Plan};
use crate::process::answer::text;

/// A process that answers `/auth/check`, and the authority that it follows; they can be one.
pub(super) struct Answerer {
    authority: Authority,
    edge: Option<Edge>,
    /// Where it answers.
    pub(super) address: SocketAddr,
}

/// A sign-in.
pub(super) struct SignedIn {
    pub(super) token: String,
    pub(super) session: String,
}

impl Answerer {
    /// The authority, which answers for itself.
    pub(super) fn authority() -> Self {
        let authority = Authority::start();
        Self { address: authority.address, authority, edge: None }
    }

    /// An edge, which answers for its authority.
    pub(super) fn edge() -> Self {
        let authority = Authority::start();
        let edge = Plan::of("edge", &authority).start();
        Self { address: edge.address, authority, edge: Some(edge) }
    }

    /// A sign-in of `subject` with this scope and these roles.
    pub(super) fn sign_in(&self, subject: &str, scope: &str, roles: &[&str]) -> SignedIn {
        let body =
            json!({"subject": subject, "client_id": "web", "scope": scope, "claims": {"roles": roles}});
        let answer = self.authority.server().post("/v1/sessions", &body);
        assert_eq!(answer.status, 201, "{answer:?}");
        let member = |name| text(&answer.body, name).to_owned();
        SignedIn { token: member("access_token"), session: member("session_id") }
    }

    /// A token that passes.
    pub(super) fn good_token(&self) -> String {
        self.sign_in("alice", "read", &[]).token
    }

    /// Ends everything that `subject` has. Whoever answers knows it when this returns.
    pub(super) fn revoke(&self, subject: &str) {
        let answer = self.authority.revoke_everywhere(subject, 30_000);
        assert_eq!(answer.body["complete"], true, "{answer:?}");
    }

    /// Kills it. From now on nobody listens at the address that is returned.
    pub(super) fn kill(mut self) -> SocketAddr {
        match &mut self.edge {
            Some(edge) => edge.kill(),
            None => self.authority.kill(),
        }
        self.address
    }
}
