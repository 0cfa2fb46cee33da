//! An authority with a port that it keeps over restarts, and a key for those who follow it.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::process::answer::{Answer, text};
use crate::process::running::{ADMIN_KEY, Running};

/// A port that was free a moment ago.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// An authority. Its port and its data outlive its process.
pub(crate) struct Authority {
    running: Option<Running>,
    pub(crate) address: SocketAddr,
    pub(crate) data: TempDir,
    more: String,
    /// The key of a credential of the role verifier.
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn start() -> Self {
        Self::configured("")
    }

    /// One with `more` in its configuration; relative paths in it start at its data directory.
    pub(crate) fn configured(more: &str) -> Self {
        Self::configured_in(tempfile::tempdir().unwrap(), more)
    }

    pub(crate) fn configured_in(data: TempDir, more: &str) -> Self {
        let mut authority =
            Self { running: None, address: free_address(), data, more: more.to_owned(), key: String::new() };
        authority.restart();
        authority.key = authority.new_credential().1;
        authority
    }

    /// Id and key of a new credential of the role verifier.
    pub(crate) fn new_credential(&self) -> (String, String) {
        let made = self.server().post("/v1/credentials", &json!({"name": "edges", "roles": ["verifier"]}));
        assert_eq!(made.status, 201, "{made:?}");
        (made.text_of("id").to_owned(), made.text_of("key").to_owned())
    }

    /// Removes a credential.
    pub(crate) fn delete_credential(&self, id: &str) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = agent.delete(format!("{}/v1/credentials/{id}", self.url()));
        let answer = request.header("Authorization", format!("Bearer {ADMIN_KEY}")).call().unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// Starts the process again, on the same data and port.
    pub(crate) fn restart(&mut self) {
        self.running = Some(Running::at(self.address, self.data.path(), &self.more));
    }

    /// The same with `more` in its configuration from now on.
    pub(crate) fn restart_with(&mut self, more: &str) {
        more.clone_into(&mut self.more);
        self.restart();
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.running.take().unwrap().kill();
    }

    /// Asks it to stop, and waits until it did.
    pub(crate) fn stop(&mut self) {
        self.running.take().unwrap().stop();
    }

    pub(crate) fn server(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn path(&self) -> &Path {
        self.data.path()
    }

    /// An access token of a new session of `subject`.
    pub(crate) fn token(&self, subject: &str) -> String {
        text(&self.server().sign_in(subject), "access_token").to_owned()
    }

    /// Ends everything that `subject` has, and waits for everybody at most `timeout_ms`.
    pub(crate) fn revoke_everywhere(&self, subject: &str, timeout_ms: u64) -> Answer {
        self.revoke_target_everywhere(&json!({"type": "subject", "id": subject}), timeout_ms)
    }

    pub(crate) fn revoke_target_everywhere(&self, target: &Json, timeout_ms: u64) -> Answer {
        let body = json!({"target": target, "wait": "everywhere", "timeout_ms": timeout_ms});
        let answer = self.server().post("/v1/revocations", &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    /// The verifiers that it knows of.
    pub(crate) fn verifiers(&self) -> Vec<Json> {
        let answer = self.server().get_with("/v1/verifiers", ADMIN_KEY);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["items"].as_array().unwrap().clone()
    }
}

/// The names in a list of a reply to a revocation: `applied`, `pending`.
pub(crate) fn names(answer: &Answer, list: &str) -> Vec<String> {
    let name = |item: &Json| item.get("verifier").unwrap_or(item).as_str().unwrap().to_owned();
    let mut names: Vec<String> = answer.body[list].as_array().unwrap().iter().map(name).collect();
    names.sort();
    names
}
