//! A small world: our own authority, one foreign issuer, and entries by number.

use quash_core::ids::{Issuer, KeyId};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, Exception, NewEntry, Window};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::rejection::Rejection;
use quash_core::revocation::target::Target;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;
use quash_jose::{KeySet, SigningKey};
use quash_verify::{Builder, Checked, IssuerConfig, Moment, Verifier};
use serde_json::{Value, json};

/// The instant that tokens are issued at, Unix seconds.
pub(crate) const NOW: u64 = 1_800_000_000;
/// The position of the log's head then.
pub(crate) const HEAD: u64 = 1_000;

pub(crate) const OWN: &str = "https://login.example";
pub(crate) const FOREIGN: &str = "https://elsewhere.example";

pub(crate) fn at(second: u64) -> Moment {
    Moment::fresh(Timestamp::from_seconds(second))
}

pub(crate) fn issuer(name: &str) -> Issuer {
    Issuer::new(name).unwrap()
}

pub(crate) fn log_key() -> LogKey {
    LogKey::from_random([42; 16])
}

/// The key number `seed`, named `kid`.
pub(crate) fn signing_key(seed: u8, kid: &str) -> SigningKey {
    SigningKey::ed25519_from_seed(&[seed; 32], Some(KeyId::new(kid).unwrap())).unwrap()
}

pub(crate) fn key_set(keys: &[&SigningKey]) -> KeySet {
    KeySet::new(keys.iter().map(|key| key.verification_key().unwrap())).unwrap()
}

/// Our own authority's issuer, with one key.
pub(crate) fn own_config(key: &SigningKey) -> IssuerConfig {
    IssuerConfig::own(issuer(OWN), vec!["api".to_owned()], key_set(&[key]))
}

/// A foreign issuer, as strict as they come.
pub(crate) fn foreign_config(key: &SigningKey) -> IssuerConfig {
    IssuerConfig::foreign(issuer(FOREIGN), vec!["api".to_owned()], key_set(&[key]))
}

/// Two issuers, the keys of both, and a verifier that trusts them.
pub(crate) struct World {
    pub(crate) own_key: SigningKey,
    pub(crate) foreign_key: SigningKey,
    pub(crate) verifier: Verifier,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(configure: impl FnOnce(Builder) -> Builder) -> Self {
        let (own_key, foreign_key) = (signing_key(1, "own-1"), signing_key(2, "foreign-1"));
        let builder = Verifier::builder().issuer(own_config(&own_key)).issuer(foreign_config(&foreign_key));
        let verifier = configure(builder).build(log_key(), Position::new(HEAD).unwrap()).unwrap();
        Self { own_key, foreign_key, verifier }
    }

    /// An own token; `claims` change its usual ones, and a null takes one away.
    pub(crate) fn own(&self, claims: &Value) -> String {
        self.own_key.mint("at+jwt", &merged(own_claims(), claims)).unwrap()
    }

    /// A foreign token, likewise.
    pub(crate) fn foreign(&self, claims: &Value) -> String {
        self.foreign_key.mint("at+jwt", &merged(foreign_claims(), claims)).unwrap()
    }

    /// Applies an entry right behind the watermark. Returns its position.
    pub(crate) fn revoke(&self, entry: EntryOf) -> Position {
        let position = self.verifier.watermark().next().unwrap();
        self.verifier.apply(&entry.at(position)).unwrap();
        position
    }

    pub(crate) fn check(&self, token: &str, second: u64) -> Checked<'static> {
        self.verifier.check(token, at(second)).unwrap()
    }

    /// Whether `token` is accepted at `second`.
    pub(crate) fn accepts(&self, token: &str, second: u64) -> bool {
        self.check(token, second).accepted().is_some()
    }

    /// The word that `token` is refused with at `second`.
    pub(crate) fn refusal(&self, token: &str, second: u64) -> String {
        self.check(token, second).rejection().expect("a refusal").reason().to_owned()
    }

    /// The defect that `token` is refused for at `second`.
    pub(crate) fn defect(&self, token: &str, second: u64) -> &'static str {
        match self.check(token, second).rejection() {
            Some(Rejection::Invalid(defect)) => defect.name(),
            other => panic!("not invalid: {other:?}"),
        }
    }
}

pub(crate) fn own_claims() -> Value {
    json!({
        "iss": OWN, "sub": "alice", "aud": "api", "client_id": "web", "iat": NOW, "exp": NOW + 300,
        "jti": "tok_1", "sid": "ses_1", "device_id": "dev_1", "pos": HEAD,
    })
}

pub(crate) fn foreign_claims() -> Value {
    json!({
        "iss": FOREIGN, "sub": "alice", "aud": "api", "client_id": "web", "iat": NOW, "exp": NOW + 300,
        "jti": "tok_1", "sid": "ses_1", "device_id": "dev_1",
    })
}

/// `changes` put into `claims`; a null takes a claim away.
pub(crate) fn merged(mut claims: Value, changes: &Value) -> Value {
    let object = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
    claims
}

/// An entry in the making.
#[derive(Clone)]
pub(crate) struct EntryOf(NewEntry);

/// An entry that ends whatever own token `target` hits, recorded at [`NOW`].
pub(crate) fn end(target: Target) -> EntryOf {
    EntryOf(NewEntry {
        recorded_at: Timestamp::from_seconds(NOW),
        issuer: issuer(OWN),
        target,
        effect: Effect::End,
        spread: None,
        window: None,
        exception: None,
        retain_until: Timestamp::from_seconds(NOW + 665),
        enforce_until: Timestamp::FOREVER,
        undoes: None,
        reason: Reason::known(Reason::ADMIN),
        actor: "cred_test".into(),
        cause: "req_test".into(),
    })
}

impl EntryOf {
    pub(crate) fn of(mut self, name: &str) -> Self {
        self.0.issuer = issuer(name);
        self
    }

    pub(crate) fn foreign(self) -> Self {
        self.of(FOREIGN)
    }

    pub(crate) fn recorded(mut self, second: u64) -> Self {
        self.0.recorded_at = Timestamp::from_seconds(second);
        self
    }

    pub(crate) fn retained(mut self, second: u64) -> Self {
        self.0.retain_until = Timestamp::from_seconds(second);
        self
    }

    pub(crate) fn because(mut self, reason: &'static str) -> Self {
        self.0.reason = Reason::known(reason);
        self
    }

    pub(crate) fn effect(mut self, effect: Effect) -> Self {
        self.0.effect = effect;
        self
    }

    pub(crate) fn except(mut self, exception: Exception) -> Self {
        self.0.exception = Some(exception);
        self
    }

    pub(crate) fn between(mut self, from: u64, to: u64) -> Self {
        self.0.window = Some(Window::from_stored(from, to));
        self
    }

    pub(crate) fn at(self, position: Position) -> Entry {
        Entry { position, fact: self.0 }
    }
}

/// Targets in few words.
pub(crate) mod target {
    use quash_core::ids::{ClientId, DeviceId, KeyId, SessionId, Subject, TokenId};
    use quash_core::revocation::target::Target;

    pub(crate) fn token(id: &str) -> Target {
        Target::Token(TokenId::new(id).unwrap())
    }

    pub(crate) fn session(id: &str) -> Target {
        Target::Session(SessionId::new(id).unwrap())
    }

    pub(crate) fn subject(id: &str) -> Target {
        Target::Subject(Subject::new(id).unwrap())
    }

    pub(crate) fn device(subject: &str, id: &str) -> Target {
        Target::Device { subject: Subject::new(subject).unwrap(), device: DeviceId::new(id).unwrap() }
    }

    pub(crate) fn client(id: &str) -> Target {
        Target::Client(ClientId::new(id).unwrap())
    }

    pub(crate) fn claim(name: &str, value: &str) -> Target {
        Target::Claim { name: name.into(), value: value.into() }
    }

    pub(crate) fn registration(session: &str, subject: &str) -> Target {
        Target::Registration {
            session: SessionId::new(session).unwrap(),
            subject: Subject::new(subject).unwrap(),
        }
    }

    pub(crate) fn user_key(subject: &str) -> Target {
        Target::UserKey(Subject::new(subject).unwrap())
    }

    pub(crate) fn key(id: &str) -> Target {
        Target::Key(KeyId::new(id).unwrap())
    }
}
