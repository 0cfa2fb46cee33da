//! Whoever a gateway asks, and the authority whose tokens are judged there.

use std::net::SocketAddr;

use serde_json::json;
use tempfile::TempDir;

use crate::process::answer::text;
use crate::process::running::Running;

/// A process that answers `/auth/check`, and the authority that it follows; here they can be one.
pub(super) struct Answerer {
    authority: Running,
    /// Where it answers.
    pub(super) address: SocketAddr,
    _data: TempDir,
}

/// A sign-in.
pub(super) struct SignedIn {
    pub(super) token: String,
    pub(super) session: String,
}

impl Answerer {
    /// The authority, which answers for itself.
    pub(super) fn authority() -> Self {
        let data = tempfile::tempdir().unwrap();
        let authority = Running::dev(data.path());
        let address = authority.url.trim_start_matches("http://").parse().unwrap();
        Self { authority, address, _data: data }
    }

    /// A sign-in of `subject` with this scope and these roles.
    pub(super) fn sign_in(&self, subject: &str, scope: &str, roles: &[&str]) -> SignedIn {
        let body =
            json!({"subject": subject, "client_id": "web", "scope": scope, "claims": {"roles": roles}});
        let answer = self.authority.post("/v1/sessions", &body);
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
        let target = json!({"type": "subject", "id": subject});
        let answer = self.authority.post("/v1/revocations", &json!({"target": target, "wait": "everywhere"}));
        assert_eq!((answer.status, &answer.body["complete"]), (200, &json!(true)), "{answer:?}");
    }

    /// Kills it. From now on nobody listens at the address that is returned.
    pub(super) fn kill(self) -> SocketAddr {
        self.authority.kill();
        self.address
    }
}
