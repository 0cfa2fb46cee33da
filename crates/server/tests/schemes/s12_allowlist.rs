//! S12: only registered sessions pass, at the server, at an edge and in a service, even when somebody has the key that
//! signs; clearing the list is one entry.

use std::path::Path;

use quash_core::ids::Issuer;
use quash_jose::derive::derive;
use quash_jose::wrap::WrappingKey;
use quash_jose::{Algorithm, SigningKey};
use quash_middleware::{Gate, system_clock};
use quash_storage::embedded::{EmbeddedStore, OpenOptions};
use quash_storage::ports::{KeyRingStore as _, KeyStage};
use quash_verify::Moment;
use serde_json::{Value as Json, json};

use crate::edge::authority::Authority;
use crate::edge::node::{Edge, Plan};
use crate::process::answer::text;
use crate::process::feed::follower::{self, Follower, until};
use crate::process::running::{ISSUER, Running};

const LIST: &str = "[tokens]\nallowlist = true\n";

/// Whoever has read the disk of a server has the key that signs.
struct Thief {
    key: SigningKey,
}

impl Thief {
    /// From the data of a server that does not run.
    async fn with(data: &Path) -> Self {
        let secrets = std::fs::read_to_string(data.join("master.secrets")).unwrap();
        let digits = secrets.lines().find_map(|line| line.strip_prefix("1 ")).unwrap();
        let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        let master: Vec<u8> = pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
        let copy = tempfile::tempdir().unwrap();
        let path = copy.path().join("quash.redb");
        std::fs::copy(data.join("quash.redb"), &path).unwrap();
        let issuer = Issuer::new(ISSUER).unwrap();
        let store: EmbeddedStore = OpenOptions::file(&path, issuer).open(system_clock(), [0; 36]).unwrap();
        let ring = store.key_ring().await.unwrap();
        let key = ring.keys.iter().find(|key| key.stage == KeyStage::Active).unwrap();
        let wrapping = derive(&master, b"", &[b"quash", b"signing key wrapping", b"1"]).unwrap();
        let private = WrappingKey::new(&wrapping).unwrap().unwrap(key.id.as_str().as_bytes(), &key.wrapped);
        let algorithm = Algorithm::from_name(&key.algorithm).unwrap();
        let key = SigningKey::from_private_bytes(algorithm, private.unwrap().expose(), Some(key.id.clone()));
        Self { key: key.unwrap() }
    }

    /// A token of this session of alice's, dated as the thief likes.
    fn forges(&self, like: &str, session: &str, position: u64) -> String {
        let payload = like.split('.').nth(1).unwrap();
        let payload = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(payload).unwrap();
        let mut claims: Json = serde_json::from_slice(&payload).unwrap();
        claims["sid"] = session.into();
        claims["pos"] = position.into();
        claims["jti"] = format!("tok_{session}_{position}").into();
        self.key.mint("at+jwt", &claims).unwrap()
    }
}

/// One authority with a list, an edge, and a service that embeds the verifier.
struct Three {
    authority: Authority,
    edge: Edge,
    follower: Follower,
    _state: tempfile::TempDir,
}

impl Three {
    async fn of(authority: Authority) -> Self {
        let edge = Plan::of("one", &authority).start();
        let state = tempfile::tempdir().unwrap();
        let follower = Follower::start(&authority.url(), &authority.key, state.path());
        follower.ready().await;
        Self { authority, edge, follower, _state: state }
    }

    /// Everybody is told of one entry more, and so of every registration before it.
    fn told(&self) -> u64 {
        let answer = self.authority.revoke_everywhere("nobody", 30_000);
        assert_eq!(answer.body["complete"], true, "{answer:?}");
        answer.body["position"].as_u64().unwrap()
    }

    /// All three agree on the status and on the reason of a refusal.
    fn answers(&self, token: &str) -> (u16, Option<String>) {
        let reason = |answer: &crate::process::answer::Answer| {
            (answer.status != 200).then(|| answer.text_of("reason").to_owned())
        };
        let here = self.authority.server().get_with("/auth/check", token);
        let edge = self.edge.answer(token);
        assert_eq!((edge.status, reason(&edge)), (here.status, reason(&here)));
        let embedded = match here.status {
            200 => follower::Answer::Accepted,
            401 => follower::Answer::Refused,
            _ => follower::Answer::Undecided,
        };
        assert_eq!(self.follower.judge(token), embedded, "{here:?}");
        (here.status, reason(&here))
    }

    fn refused(&self, token: &str) -> String {
        let (status, reason) = self.answers(token);
        assert_eq!(status, 401, "{reason:?}");
        reason.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_real_key_and_no_session_nobody_is_let_in_and_clearing_the_list_signs_everybody_out() {
    let mut authority = Authority::configured(LIST);
    authority.kill();
    let thief = Thief::with(authority.path()).await;
    authority.restart();
    let mut three = Three::of(authority).await;
    let alice = three.authority.server().sign_in("alice");
    let (token, session) = (text(&alice, "access_token"), text(&alice, "session_id"));
    let head = three.told();
    assert_eq!(three.answers(token).0, 200, "who signed in passes");

    // Nobody is asked: what is known is all that is needed.
    assert_eq!(three.refused(&thief.forges(token, "ses_nobody", head)), "not_registered");
    assert_eq!(three.refused(&thief.forges(token, "ses_nobody", 1)), "not_registered");
    assert!(!three.edge.metrics().contains("quash_edge_asks_total{"));
    let ahead = thief.forges(token, "ses_nobody", head + 1_000_000);
    assert_eq!(three.answers(&ahead).0, 503, "it may come, and is never accepted");
    assert_eq!(three.authority.server().get_with("/auth/check", &ahead).text_of("reason"), "ahead");

    three.authority.kill();
    three.authority.restart();
    assert_eq!(three.authority.server().check(token), 200, "the store keeps what it registered");
    three.told();
    assert_eq!(three.answers(token).0, 200);

    // One that was ended is over, whatever position a thief picks.
    let other = three.authority.server().sign_in("alice");
    let ended = text(&other, "session_id").to_owned();
    three.authority.server().revoke(&json!({"type": "session", "id": ended}));
    let head = three.told();
    for position in [1, head, head + 1_000_000] {
        assert_eq!(three.refused(&thief.forges(token, &ended, position)), "admin", "{position}");
    }

    let clear = three.authority.revoke_target_everywhere(&json!({"type": "issuer"}), 30_000);
    assert_eq!(clear.body["complete"], true);
    assert_eq!(three.refused(token), "admin");
    for position in [1, head, head + 1_000_000] {
        assert_eq!(three.refused(&thief.forges(token, session, position)), "admin", "{position}");
    }
    let again = three.authority.token("alice");
    three.told();
    assert_eq!(three.answers(&again).0, 200, "who signs in anew is in");
    assert!(three.edge.metrics().contains("\nquash_verifier_registered_sessions 3"));
    assert_eq!(three.follower.feed.verifier().registered_sessions(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_the_list_on_costs_no_session_and_switching_it_off_neither() {
    let mut authority = Authority::start();
    let alice = authority.token("alice");
    authority.kill();
    let thief = Thief::with(authority.path()).await;
    authority.restart();
    let mut three = Three::of(authority).await;
    let bob = three.authority.token("bob");
    let head = three.told();
    let forged = thief.forges(&alice, "ses_nobody", head);
    assert_eq!(three.answers(&forged).0, 200, "without a list whoever has the key is everybody");

    three.authority.stop();
    three.authority.restart_with(LIST);
    // Whatever an edge has heard of the list by now, it never refuses who was in.
    until(|| {
        for token in [&alice, &bob] {
            assert_ne!(three.edge.check(token), 401);
            assert_ne!(three.follower.judge(token), follower::Answer::Refused);
        }
        three.edge.check(&forged) == 401 && three.follower.judge(&forged) == follower::Answer::Refused
    })
    .await;
    three.told();
    assert_eq!((three.answers(&alice).0, three.answers(&bob).0), (200, 200));
    assert_eq!(three.refused(&forged), "not_registered");

    three.authority.stop();
    three.authority.restart_with("");
    until(|| three.edge.check(&forged) == 200).await;
    let carol = three.authority.token("carol");
    three.authority.stop();
    three.authority.restart_with(LIST);
    until(|| three.edge.check(&forged) == 401).await;
    three.told();
    assert_eq!((three.answers(&alice).0, three.answers(&carol).0), (200, 200), "opened meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_meets_a_new_session_before_its_registration_waits_for_it() {
    // Design section 5: a brief wait, then somebody who knows more is asked.
    let authority = Authority::configured(LIST);
    let three = Three::of(authority).await;
    let gate = Gate::following(&three.follower.feed);
    for number in 0..20 {
        let token = three.authority.token(&format!("u{number}"));
        assert_eq!(three.edge.check(&token), 200, "at once, and whoever is asked first");
        let mut headers = axum::http::HeaderMap::new();
        headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        gate.admit_or_ask(&headers).await.unwrap();
        let now = Moment::new(system_clock(), three.follower.feed.freshness());
        assert!(three.follower.feed.verifier().check(&token, now).is_ok(), "and it has come by then");
    }
}

#[test]
fn registrations_are_no_revocations_to_people() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), LIST);
    let (first, _) = (server.sign_in("alice"), server.sign_in("bob"));
    let revoked = server.revoke(&json!({"type": "session", "id": text(&first, "session_id")}));
    server.sign_in("carol");
    let page = server.get("/v1/revocations?limit=10");
    let items = page.body["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{page:?}");
    assert_eq!(items[0]["position"], revoked.body["position"]);
    assert_eq!(page.body["next_cursor"], Json::Null);
}
