//! Support for tests of programs that embed a verifier: an issuer whose tokens the test mints and revokes, with a
//! clock that stands still until it is set. The feature `testing`.
//!
//! ```
//! use quash_verify::Moment;
//! use quash_verify::testing::TestIssuer;
//! use serde_json::json;
//!
//! let issuer = TestIssuer::new();
//! let token = issuer.token("alice", json!({ "sid": "ses_1", "scope": "orders" }));
//! let judge = || issuer.verifier().check(&token, Moment::fresh(issuer.now()));
//! assert!(judge()?.accepted().is_some());
//!
//! issuer.end_session("ses_1");
//! assert_eq!(judge()?.rejection().map(|rejection| rejection.reason()), Some("admin"));
//! # Ok::<(), quash_core::revocation::freshness::Undecided>(())
//! ```

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quash_core::ids::{Issuer, SessionId, Subject};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;
use quash_jose::{KeySet, SigningKey};
use serde_json::{Value, json};

use crate::{IssuerConfig, Verifier};

/// An issuer of a test, with a verifier that trusts it and nobody else. Cheap to clone: the copies are one issuer.
///
/// Its key is always the same: whoever trusts it trusts every test.
#[derive(Clone, Debug)]
pub struct TestIssuer(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    verifier: Arc<Verifier>,
    key: SigningKey,
    clock: AtomicU64,
    tokens: AtomicU64,
    appending: Mutex<()>,
}

impl Default for TestIssuer {
    fn default() -> Self {
        Self::new()
    }
}

impl TestIssuer {
    /// Its name, `iss`.
    pub const NAME: &str = "https://login.example";
    /// Whom its tokens are for, `aud`.
    pub const AUDIENCE: &str = "api";
    /// When its clock begins: 2027-01-15T08:00:00Z.
    pub const START: Timestamp = Timestamp::from_seconds(1_800_000_000);
    /// How long its tokens live.
    pub const LIFE: Duration = Duration::from_secs(600);

    /// An issuer that has issued and revoked nothing.
    ///
    /// # Panics
    /// Never, unless the crypto library takes no key of 32 bytes.
    #[expect(clippy::expect_used, reason = "fixed values, in tests alone")]
    pub fn new() -> Self {
        let key = SigningKey::ed25519_from_seed(&[1; 32], None).expect("a seed of 32 bytes");
        let keys = KeySet::new([key.verification_key().expect("a public key")]).expect("one key");
        let config = IssuerConfig::own(name(), vec![Self::AUDIENCE.to_owned()], keys);
        let verifier = Verifier::builder().issuer(config).build(LogKey::from_random([1; 16]), Position::ZERO);
        Self(Arc::new(Parts {
            verifier: Arc::new(verifier.expect("one issuer")),
            key,
            clock: AtomicU64::new(Self::START.milliseconds()),
            tokens: AtomicU64::new(0),
            appending: Mutex::new(()),
        }))
    }

    /// The verifier of its tokens.
    pub fn verifier(&self) -> Arc<Verifier> {
        Arc::clone(&self.0.verifier)
    }

    /// What its clock shows.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_milliseconds(self.0.clock.load(Ordering::SeqCst))
    }

    /// Sets its clock, forwards or backwards.
    pub fn set_clock(&self, now: Timestamp) {
        self.0.clock.store(now.milliseconds(), Ordering::SeqCst);
    }

    /// Sets its clock forwards.
    pub fn advance(&self, span: Duration) {
        self.set_clock(self.now().plus(span));
    }

    /// A token of `subject`, issued now. `claims`, an object, adds to what such a token says (`iss`, `sub`, `aud`,
    /// `client_id`, `iat`, `exp`, `jti`, `sid`, `pos`) or replaces it; a `null` leaves a claim out.
    ///
    /// # Panics
    /// When it can not be signed.
    #[expect(clippy::expect_used, reason = "in tests alone")]
    pub fn token(&self, subject: &str, claims: impl Into<Value>) -> String {
        let now = self.now().seconds();
        let number = self.0.tokens.fetch_add(1, Ordering::SeqCst);
        let mut payload = json!({
            "iss": Self::NAME, "sub": subject, "aud": Self::AUDIENCE, "client_id": "web", "iat": now,
            "exp": now + Self::LIFE.as_secs(), "jti": format!("tok_{number}"),
            "sid": format!("ses_of_{subject}"), "pos": self.0.verifier.watermark().number(),
        });
        if let (Some(payload), Value::Object(claims)) = (payload.as_object_mut(), claims.into()) {
            payload.extend(claims);
            payload.retain(|_, value| !value.is_null());
        }
        self.0.key.mint("at+jwt", &payload).expect("a token can be signed")
    }

    /// Ends a session. Its tokens are refused when this returns.
    pub fn end_session(&self, sid: &str) {
        self.revoke(Target::Session(id(SessionId::new(sid))), Effect::End, Reason::ADMIN);
    }

    /// Ends every session of a subject that was opened before.
    pub fn end_subject(&self, subject: &str) {
        self.revoke(Target::Subject(id(Subject::new(subject))), Effect::End, Reason::ADMIN);
    }

    /// Makes the access tokens of a session stale: the session lives, and its holder renews.
    pub fn refresh_session(&self, sid: &str) {
        self.revoke(Target::Session(id(SessionId::new(sid))), Effect::Refresh, Reason::STALE_CLAIMS);
    }

    /// Revokes `target`. Tokens that it hits are refused when this returns.
    ///
    /// # Panics
    /// When the log of the test is full.
    #[expect(clippy::expect_used, reason = "in tests alone")]
    pub fn revoke(&self, target: Target, effect: Effect, reason: &'static str) {
        let _appending = self.0.appending.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        let fact = NewEntry {
            recorded_at: now,
            issuer: name(),
            target,
            effect,
            spread: None,
            window: None,
            exception: None,
            retain_until: now.plus(Self::LIFE + Duration::from_secs(60)),
            enforce_until: Timestamp::FOREVER,
            undoes: None,
            reason: Reason::known(reason),
            actor: "test".into(),
            cause: "test".into(),
        };
        let position = self.0.verifier.watermark().next().expect("fewer entries than positions");
        self.0.verifier.apply(&Entry { position, fact }).expect("the next position");
    }
}

fn name() -> Issuer {
    id(Issuer::new(TestIssuer::NAME))
}

#[expect(clippy::expect_used, reason = "in tests alone")]
fn id<T, E: std::fmt::Debug>(id: Result<T, E>) -> T {
    id.expect("an id of printable characters")
}
