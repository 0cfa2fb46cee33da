//! The verifier against a naive reading of the rules (I5, I7): random entries, tokens, purges and times.
//!
//! The model keeps the claims as JSON and the entries in a list, and knows no cache, digest, mark or shortcut.

use proptest::prelude::*;
use quash_core::ids::{ClientId, DeviceId, KeyId, SessionId, Subject, TokenId};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry};
use quash_core::revocation::state::RevocationState;
use quash_core::revocation::target::Target;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;
use quash_jose::{Algorithm, SigningKey};
use quash_verify::{IssuerConfig, Verifier};
use serde_json::{Value, json};

use crate::support::{EntryOf, FOREIGN, HEAD, NOW, OWN, World, end, issuer, key_set, log_key};

/// What a token or an entry is about, in small numbers, so that they often meet.
#[derive(Clone, Copy, Debug)]
enum About {
    Token(u8),
    Session(u8),
    Subject(u8),
    Device(u8, u8),
    Client(u8),
    Role(u8),
    Key,
    Issuer,
}

#[derive(Clone, Debug)]
struct Ask {
    own: bool,
    ids: [u8; 5],
    roles: Vec<u8>,
    /// How far below the head the token was issued, in positions and in seconds.
    behind: u64,
    since: u64,
    life: u64,
}

#[derive(Clone, Debug)]
enum Step {
    Revoke {
        own: bool,
        about: About,
        refresh: bool,
        retained: u64,
    },
    /// Asks about the token with this number among those asked before, or a new one.
    Ask {
        token: Ask,
        later: u64,
    },
    AskAgain {
        number: usize,
        later: u64,
    },
    Purge {
        later: u64,
    },
    Skip,
    /// An entry that comes late, from below the head, as in a snapshot.
    Late {
        own: bool,
        about: About,
        behind: u64,
    },
    /// Another log takes the place of the one before.
    Install,
}

fn about() -> impl Strategy<Value = About> {
    let id = 0..4_u8;
    prop_oneof![
        id.clone().prop_map(About::Token),
        id.clone().prop_map(About::Session),
        id.clone().prop_map(About::Subject),
        (id.clone(), id.clone()).prop_map(|(subject, device)| About::Device(subject, device)),
        id.clone().prop_map(About::Client),
        id.prop_map(About::Role),
        Just(About::Issuer),
        Just(About::Key),
    ]
}

fn ask() -> impl Strategy<Value = Ask> {
    let ids = prop::array::uniform5(0..4_u8);
    let roles = prop::collection::vec(0..4_u8, 0..3);
    (any::<bool>(), ids, roles, 0..6_u64, 0..20_u64, 1..600_u64)
        .prop_map(|(own, ids, roles, behind, since, life)| Ask { own, ids, roles, behind, since, life })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (any::<bool>(), about(), any::<bool>(), 0..700_u64)
            .prop_map(|(own, about, refresh, retained)| Step::Revoke { own, about, refresh, retained }),
        3 => (ask(), 0..30_u64).prop_map(|(token, later)| Step::Ask { token, later }),
        6 => (any::<usize>(), 0..30_u64).prop_map(|(number, later)| Step::AskAgain { number, later }),
        1 => (0..30_u64).prop_map(|later| Step::Purge { later }),
        1 => Just(Step::Skip),
        2 => (any::<bool>(), about(), 0..6_u64)
            .prop_map(|(own, about, behind)| Step::Late { own, about, behind }),
        1 => Just(Step::Install),
    ]
}

/// An entry as the model holds it.
struct Held {
    position: u64,
    own: bool,
    about: About,
    refresh: bool,
    recorded: u64,
    retained: u64,
}

impl Held {
    fn names(&self, claims: &Value) -> bool {
        let is = |claim: &str, id: u8| claims[claim] == json!(id.to_string());
        let ours = claims["iss"] == json!(if self.own { OWN } else { FOREIGN });
        ours && match self.about {
            About::Token(id) => is("jti", id),
            About::Session(id) => is("sid", id),
            About::Subject(id) => is("sub", id),
            About::Device(subject, device) => is("sub", subject) && is("device_id", device),
            About::Client(id) => is("client_id", id),
            About::Role(id) => claims["roles"].as_array().unwrap().contains(&json!(id.to_string())),
            About::Key | About::Issuer => true,
        }
    }

    fn hits(&self, claims: &Value) -> bool {
        let identity = matches!(self.about, About::Token(_) | About::Session(_) | About::Key);
        let before = match claims["pos"].as_u64() {
            Some(position) => position < self.position,
            None => claims["iat"].as_u64().unwrap() <= self.recorded + 5,
        };
        self.names(claims) && (identity || before)
    }

    fn at(&self) -> Entry {
        self.entry().at(Position::new(self.position).unwrap())
    }

    fn entry(&self) -> EntryOf {
        let id = |id: u8| id.to_string();
        let target = match self.about {
            About::Token(number) => Target::Token(TokenId::new(id(number)).unwrap()),
            About::Session(number) => Target::Session(SessionId::new(id(number)).unwrap()),
            About::Subject(number) => Target::Subject(Subject::new(id(number)).unwrap()),
            About::Device(subject, device) => Target::Device {
                subject: Subject::new(id(subject)).unwrap(),
                device: DeviceId::new(id(device)).unwrap(),
            },
            About::Client(number) => Target::Client(ClientId::new(id(number)).unwrap()),
            About::Role(number) => Target::Claim { name: "roles".into(), value: id(number).into() },
            About::Key => Target::Key(KeyId::new("k").unwrap()),
            About::Issuer => Target::Issuer,
        };
        let entry = if self.own { end(target) } else { end(target).foreign() };
        let effect = if self.refresh { Effect::Refresh } else { Effect::End };
        entry.effect(effect).recorded(self.recorded).retained(self.retained)
    }
}

/// The naive reading.
#[derive(Default)]
struct Model {
    entries: Vec<Held>,
    purged_at: u64,
}

impl Model {
    fn answer(&self, claims: &Value, now: u64) -> &'static str {
        let now = now.max(self.purged_at);
        let (iat, exp) = (claims["iat"].as_u64().unwrap(), claims["exp"].as_u64().unwrap());
        if now >= exp {
            return "expired";
        }
        if iat > now + 5 {
            return "issued_in_future";
        }
        let hits: Vec<_> = self.entries.iter().filter(|entry| entry.hits(claims)).collect();
        match (hits.is_empty(), hits.iter().any(|entry| !entry.refresh)) {
            (true, _) => "accepted",
            (false, true) => "end",
            (false, false) => "refresh",
        }
    }
}

/// A world whose two issuers sign with secrets, which is fast.
struct Pair {
    key: SigningKey,
    verifiers: Vec<Verifier>,
}

impl Pair {
    /// With a cache and the shortcut, with a tiny cache, and with neither.
    fn new() -> Self {
        let key_id = Some(KeyId::new("k").unwrap());
        let key = SigningKey::from_private_bytes(Algorithm::Hs256, &[9; 32], key_id).unwrap();
        let build = |cached: usize, shortcut: bool| {
            let own = IssuerConfig::own(issuer(OWN), vec!["api".to_owned()], key_set(&[&key]));
            let foreign = IssuerConfig::foreign(issuer(FOREIGN), vec!["api".to_owned()], key_set(&[&key]));
            let builder = Verifier::builder().issuer(own).issuer(foreign);
            builder
                .cached_tokens(cached)
                .shortcut(shortcut)
                .build(log_key(), Position::new(HEAD).unwrap())
                .unwrap()
        };
        let verifiers = vec![build(1_000, true), build(3, true), build(1_000, false), build(0, true)];
        Self { key, verifiers }
    }

    fn mint(&self, ask: &Ask, head: u64, now: u64) -> (Value, String) {
        let id = |place: usize| ask.ids[place].to_string();
        let iat = now - ask.since;
        let mut claims = json!({
            "iss": if ask.own { OWN } else { FOREIGN }, "aud": "api", "sub": id(0), "jti": id(1), "sid": id(2),
            "device_id": id(3), "client_id": id(4), "iat": iat, "exp": iat + ask.life,
            "roles": ask.roles.iter().map(u8::to_string).collect::<Vec<_>>(),
        });
        if ask.own {
            claims["pos"] = json!(head - ask.behind);
        }
        let token = self.key.mint("at+jwt", &claims).unwrap();
        (claims, token)
    }

    fn answers(&self, token: &str, now: u64) -> Vec<String> {
        let answer = |verifier: &Verifier| {
            let checked = verifier.check(token, crate::support::at(now)).unwrap();
            let Some(rejection) = checked.rejection() else { return "accepted".to_owned() };
            match (rejection.reason(), rejection.remedy()) {
                ("admin", quash_core::revocation::rejection::Remedy::RenewSilently) => "refresh".to_owned(),
                ("admin", _) => "end".to_owned(),
                (reason, _) => reason.to_owned(),
            }
        };
        self.verifiers.iter().map(answer).collect()
    }
}

fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let pair = Pair::new();
    let mut model = Model::default();
    let mut tokens: Vec<(Value, String)> = Vec::new();
    let (mut newest, mut now, mut logs) = (HEAD, NOW, 100_usize);
    for step in steps {
        now += 1;
        let asked = match step {
            Step::Revoke { own, about, refresh, retained } => {
                newest += 1;
                let held =
                    Held { position: newest, own, about, refresh, recorded: now, retained: now + retained };
                for verifier in &pair.verifiers {
                    verifier.apply(&held.at()).unwrap();
                }
                model.entries.push(held);
                continue;
            }
            Step::Late { own, about, behind } => {
                let position = newest - behind;
                let held = Held { position, own, about, refresh: false, recorded: now, retained: now + 700 };
                // A position is given once; and where nothing is new, nothing changes.
                if model.entries.iter().all(|entry| entry.position != position) {
                    for verifier in &pair.verifiers {
                        let record = held.at().record(&verifier.log_key().unwrap());
                        verifier.absorb(&[record.clone(), record]);
                    }
                    model.entries.push(held);
                }
                continue;
            }
            Step::Install => {
                let key = LogKey::from_random([u8::try_from(logs % 256).unwrap(); 16]);
                logs += 1;
                newest += 1_000;
                let install = |verifier: &Verifier| {
                    verifier.install(RevocationState::new(key, Position::new(newest).unwrap()))
                };
                let installed: Vec<_> = pair.verifiers.iter().map(install).collect();
                prop_assert!(installed.iter().all(|one| *one == installed[0]));
                continue;
            }
            Step::Purge { later } => {
                model.purged_at = model.purged_at.max(now + later);
                model.entries.retain(|entry| entry.retained > model.purged_at);
                for verifier in &pair.verifiers {
                    verifier.purge(Timestamp::from_seconds(now + later));
                    prop_assert_eq!(verifier.live_entries(), model.entries.len());
                }
                continue;
            }
            Step::Skip => {
                newest += 1;
                for verifier in &pair.verifiers {
                    verifier.advance(Position::new(newest).unwrap());
                }
                continue;
            }
            Step::Ask { token, later } => {
                tokens.push(pair.mint(&token, newest, now));
                (tokens.len() - 1, later)
            }
            Step::AskAgain { number, later } if !tokens.is_empty() => (number % tokens.len(), later),
            Step::AskAgain { .. } => continue,
        };
        let (claims, token) = &tokens[asked.0];
        let expected = model.answer(claims, now + asked.1);
        for answer in pair.answers(token, now + asked.1) {
            prop_assert_eq!(answer, expected, "{}", claims);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn cache_and_shortcut_never_change_an_answer(steps in prop::collection::vec(step(), 1..80)) {
        run(steps)?;
    }
}

#[test]
fn the_model_reaches_every_answer() {
    // A comparison that never refuses, or never accepts, would prove nothing.
    let world = World::new();
    drop(world);
    let pair = Pair::new();
    let mut model = Model::default();
    let ask = Ask { own: true, ids: [0, 1, 2, 3, 0], roles: vec![1], behind: 0, since: 0, life: 100 };
    let (claims, token) = pair.mint(&ask, HEAD, NOW);
    let mut revoke = |about, refresh| {
        let position = HEAD + 1 + model.entries.len() as u64;
        let held = Held { position, own: true, about, refresh, recorded: NOW, retained: NOW + 700 };
        for verifier in &pair.verifiers {
            verifier.apply(&held.entry().at(Position::new(position).unwrap())).unwrap();
        }
        model.entries.push(held);
        (model.answer(&claims, NOW), pair.answers(&token, NOW))
    };
    assert_eq!(revoke(About::Subject(1), false), ("accepted", vec!["accepted".to_owned(); 4]));
    assert_eq!(revoke(About::Role(1), true), ("refresh", vec!["refresh".to_owned(); 4]));
    assert_eq!(revoke(About::Issuer, false), ("end", vec!["end".to_owned(); 4]));
    assert_eq!(model.answer(&claims, NOW + 100), "expired");
}
