//! `vectors/decisions/`: the same decisions in any language. The format is in `vectors/README.md`.

use std::path::Path;
use std::time::Duration;

use quash_core::ids::{Issuer, SessionId, TokenId};
use quash_core::position::Position;
use quash_core::revocation::decide::TimeRules;
use quash_core::revocation::entry::{Effect, Entry, Exception, NewEntry, Window};
use quash_core::revocation::freshness::{Freshness, StalePolicy, Undecided};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::rejection::Rejection;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;
use quash_core::verified::TokenDigest;
use quash_jose::{Limits, SigningKey, UnverifiedToken};
use quash_verify::{Checked, IssuerConfig, Moment, Relaxation, Verifier};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{key_set, log_key, signing_key, target};

const OWN: &str = "https://quash.example";
const FOREIGN: &str = "https://elsewhere.example";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(rename = "rule")]
    _rule: String,
    issuer: Whose,
    claims: Value,
    #[serde(default)]
    time_rules: TimeRulesOf,
    entries: Vec<EntryOf>,
    purged_at: Option<u64>,
    now_ms: u64,
    #[serde(default)]
    freshness: FreshnessOf,
    expected: Value,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Whose {
    Own,
    Foreign,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct TimeRulesOf {
    #[serde(rename = "leeway_s")]
    leeway: u64,
    #[serde(rename = "future_skew_s")]
    future_skew: u64,
    #[serde(rename = "longest_life_s")]
    longest_life: u64,
}

impl Default for TimeRulesOf {
    fn default() -> Self {
        Self { leeway: 0, future_skew: 5, longest_life: 600 }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case", untagged)]
enum FreshnessOf {
    #[default]
    Fresh,
    Stale {
        stale_ms: u64,
        policy: String,
    },
    Named(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryOf {
    position: u64,
    recorded_at: u64,
    issuer: Whose,
    target: Value,
    effect: String,
    reason: String,
    retain_until: u64,
    window: Option<WindowOf>,
    except: Option<Value>,
}

#[derive(Deserialize)]
struct WindowOf {
    from: u64,
    to: u64,
}

impl Whose {
    fn issuer(self) -> Issuer {
        Issuer::new(if matches!(self, Self::Own) { OWN } else { FOREIGN }).unwrap()
    }
}

impl FreshnessOf {
    fn value(&self) -> Freshness {
        match self {
            Self::Fresh => Freshness::Fresh,
            Self::Named(name) => {
                assert_eq!(name, "incomplete");
                Freshness::Incomplete
            }
            Self::Stale { stale_ms, policy } => {
                let policy = match policy.as_str() {
                    "deny" => StalePolicy::Deny,
                    "ask" => StalePolicy::Ask,
                    "allow" => StalePolicy::Allow,
                    other => panic!("no policy: {other}"),
                };
                Freshness::Stale { age: Duration::from_millis(*stale_ms), policy }
            }
        }
    }
}

impl EntryOf {
    fn entry(&self, token: &str) -> Entry {
        let recorded_at = Timestamp::from_seconds(self.recorded_at);
        let exception = self.except.as_ref().map(|except| match (&except["sid"], &except["jti"]) {
            (Value::String(sid), Value::Null) => Exception::Session(SessionId::new(sid.as_str()).unwrap()),
            (Value::Null, Value::String(jti)) => Exception::Token(TokenId::new(jti.as_str()).unwrap()),
            _ => panic!("no exception: {except}"),
        });
        let fact = NewEntry {
            recorded_at,
            issuer: self.issuer.issuer(),
            target: target_of(&self.target, token),
            effect: if self.effect == "end" { Effect::End } else { Effect::Refresh },
            spread: None,
            window: self.window.as_ref().map(|window| Window::from_stored(window.from, window.to)),
            exception,
            retain_until: Timestamp::from_seconds(self.retain_until),
            enforce_until: Timestamp::FOREVER,
            undoes: None,
            reason: Reason::new(self.reason.as_str()).unwrap(),
            actor: "vectors".into(),
            cause: "vectors".into(),
        };
        Entry { position: Position::new(self.position).unwrap(), fact }
    }
}

fn target_of(value: &Value, token: &str) -> Target {
    let text = |name: &str| value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"));
    match text("type") {
        "token" if value["digest"] == json!("of_this_token") => {
            Target::TokenDigest(UnverifiedToken::parse(token, Limits::default()).unwrap().digest())
        }
        "token" if value["digest"] == json!("of_another_token") => Target::TokenDigest(TokenDigest([9; 32])),
        "token" => target::token(text("id")),
        "session" => target::session(text("id")),
        "subject" => target::subject(text("id")),
        "device" => target::device(text("subject"), text("id")),
        "client" => target::client(text("id")),
        "claim" => target::claim(text("name"), text("value")),
        "key" => target::key(text("id")),
        "issuer" => Target::Issuer,
        other => panic!("no target: {other}"),
    }
}

fn verifier(key: &SigningKey, rules: &TimeRulesOf) -> Verifier {
    let rules = TimeRules {
        leeway: Duration::from_secs(rules.leeway),
        future_skew: Duration::from_secs(rules.future_skew),
        longest_life: Duration::from_secs(rules.longest_life),
    };
    let audience = || vec!["https://api.example".to_owned()];
    let own = IssuerConfig::own(Whose::Own.issuer(), audience(), key_set(&[key])).with_rules(rules);
    let foreign = IssuerConfig::foreign(Whose::Foreign.issuer(), audience(), key_set(&[key]))
        .with_rules(rules)
        .relax(Relaxation::MissingIssuedAt);
    Verifier::builder().issuer(own).issuer(foreign).build(log_key(), Position::new(1).unwrap()).unwrap()
}

fn in_words(answer: Result<Checked<'_>, Undecided>) -> Value {
    match answer {
        Err(Undecided::Stale { .. }) => json!({ "undecided": "stale" }),
        Err(Undecided::Ask { .. }) => json!({ "undecided": "ask" }),
        Err(_) => json!({ "undecided": "incomplete" }),
        Ok(Checked::Accepted(_)) => json!({ "decision": "accept" }),
        Ok(Checked::Rejected(refusal)) => {
            let rejection = refusal.rejection();
            assert!(!matches!(rejection, Rejection::Invalid(_)), "vectors hold good tokens: {rejection:?}");
            let remedy = rejection.remedy().name();
            let mut words = json!({ "decision": "reject", "reason": rejection.reason(), "remedy": remedy });
            if let Rejection::Revoked(hit) = rejection {
                words["position"] = json!(hit.position.number());
            }
            words
        }
    }
}

/// The answer in a fresh verifier; twice, as the second comes from the cache. `seen_before` shows the token to
/// the verifier before it learns of any entry.
fn answers(case: &Case, seen_before: bool) -> Vec<Value> {
    let key = signing_key(1, "key_1");
    let token = key.mint("at+jwt", &case.claims).unwrap();
    assert_eq!(case.claims["iss"], json!(case.issuer.issuer().as_str()), "{}", case.name);
    let verifier = verifier(&key, &case.time_rules);
    let now = Timestamp::from_milliseconds(case.now_ms);
    if seen_before {
        drop(verifier.check(&token, Moment::fresh(now)));
    }
    for entry in &case.entries {
        verifier.apply(&entry.entry(&token)).unwrap();
    }
    if let Some(second) = case.purged_at {
        verifier.purge(Timestamp::from_seconds(second));
    }
    let ask = || in_words(verifier.check(&token, Moment { now, freshness: case.freshness.value() }));
    vec![ask(), ask()]
}

#[test]
fn every_vector_is_decided_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/decisions");
    let mut cases = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let list: Vec<Case> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for case in &list {
            for seen_before in [false, true] {
                for answer in answers(case, seen_before) {
                    assert_eq!(answer, case.expected, "{}: {}", path.display(), case.name);
                }
            }
        }
        cases += list.len();
    }
    assert!(cases >= 80, "only {cases} vectors were found");
}
