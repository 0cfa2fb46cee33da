//! A follower in this process.

use std::path::Path;
use std::time::Duration;

use quash_jose::UserSecrets;
use quash_middleware::feed::{Feed, ServiceKey};
use quash_middleware::system_clock;
use quash_verify::{Checked, Moment, Verifier};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::process::running::Running;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(5);

/// A feed that is followed.
pub(crate) struct Follower {
    pub(crate) feed: Feed,
}

/// What a follower says of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Accepted,
    Refused,
    Undecided,
}

/// The key of a new credential with the role verifier.
pub(crate) fn key(server: &Running) -> String {
    let made = server.post("/v1/credentials", &json!({"name": "follower", "roles": ["verifier"]}));
    assert_eq!(made.status, 201, "{made:?}");
    made.body["key"].as_str().unwrap().to_owned()
}

impl Follower {
    /// One with a new credential.
    pub(crate) fn of(server: &Running, state: &Path) -> Self {
        Self::start(&server.url, &key(server), state)
    }

    pub(crate) fn start(address: &str, key: &str, state: &Path) -> Self {
        Self::between(&[address], key, state)
    }

    /// One that holds the secrets of the keys of subjects (S20).
    pub(crate) fn holding(address: &str, key: &str, state: &Path, secrets: UserSecrets) -> Self {
        let builder = Feed::builder(address, ServiceKey::new(key).unwrap()).name("follower");
        let verifier = Verifier::builder().user_secrets(secrets);
        Self { feed: builder.state_directory(state).verifier(verifier).start().unwrap() }
    }

    /// One of several servers.
    pub(crate) fn between(addresses: &[&str], key: &str, state: &Path) -> Self {
        let (first, others) = addresses.split_first().unwrap();
        let builder = Feed::builder(first, ServiceKey::new(key).unwrap()).name("follower");
        let builder = others.iter().fold(builder, |builder, other| builder.or(other));
        Self { feed: builder.state_directory(state).start().unwrap() }
    }

    pub(crate) async fn ready(&self) {
        let ready = timeout(PATIENCE, self.feed.wait_until_ready()).await;
        ready.unwrap_or_else(|_| panic!("not ready: {:?}", self.feed.status()));
    }

    pub(crate) fn judge(&self, token: &str) -> Answer {
        match self.feed.verifier().check(token, Moment::new(system_clock(), self.feed.freshness())) {
            Ok(Checked::Accepted(_)) => Answer::Accepted,
            Ok(Checked::Rejected(_)) => Answer::Refused,
            Err(_) => Answer::Undecided,
        }
    }
}

/// Waits for the thing itself.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !is_so() {
            sleep(PAUSE).await;
        }
    });
    waited.await.expect("it comes to be");
}
