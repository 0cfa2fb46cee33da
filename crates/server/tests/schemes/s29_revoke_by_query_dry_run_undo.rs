//! S29: count first, revoke by one entry, and take it back: whatever is still alive is good again, everywhere.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::clock;
use crate::edge::authority::Authority;
use crate::edge::node::{Edge, Plan};
use crate::process::answer::{Answer, text};
use crate::process::feed::follower::{self, Follower};
use crate::process::running::Running;

fn undo(server: &Running, position: &Json) -> Answer {
    let body = json!({"reason": "mistake", "wait": "everywhere", "timeout_ms": 30_000});
    server.post(&format!("/v1/revocations/{position}/undo"), &body)
}

fn reason(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.text_of("reason"))
}

/// An authority, an edge and a service with an embedded verifier.
struct House {
    authority: Authority,
    edge: Edge,
    follower: Follower,
    _state: tempfile::TempDir,
}

impl House {
    async fn open() -> Self {
        let authority = Authority::start();
        let edge = Plan::of("one", &authority).start();
        let state = tempfile::tempdir().unwrap();
        let follower = Follower::start(&authority.url(), &authority.key, state.path());
        follower.ready().await;
        Self { authority, edge, follower, _state: state }
    }

    /// Whether `token` is good at all three, which are of one mind once everybody was waited for.
    fn accepts(&self, token: &str) -> bool {
        let here = self.authority.server().check(token);
        assert_eq!(self.edge.check(token), here);
        let embedded = if here == 200 { follower::Answer::Accepted } else { follower::Answer::Refused };
        assert_eq!(self.follower.judge(token), embedded);
        here == 200
    }

    fn revoke(&self, body: &Json) -> Answer {
        let answer = self.authority.server().post("/v1/revocations", body);
        assert_eq!((answer.status, &answer.body["complete"]), (200, &json!(true)), "{answer:?}");
        answer
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_counted_and_revoked_by_one_entry_is_good_again_everywhere_when_it_is_undone() {
    let house = House::open().await;
    let server = house.authority.server();
    let admins = ["alice", "bob"].map(|subject| {
        let body = json!({"subject": subject, "client_id": "web", "claims": {"role": "admin"}});
        server.post("/v1/sessions", &body).body
    });
    let token = |of: &Json| text(of, "access_token").to_owned();
    let carol = house.authority.token("carol");

    // Count, do nothing; then no more than were counted.
    let admin = json!({"type": "claim", "name": "role", "value": "admin"});
    let counted = house.revoke(&json!({"target": admin, "dry_run": true}));
    assert_eq!((&counted.body["matched_sessions"], &counted.body["position"]), (&json!(2), &Json::Null));
    assert!(house.accepts(&token(&admins[0])));
    let revoked = house.revoke(&json!({
        "target": admin, "expect_max": 2, "wait": "everywhere", "timeout_ms": 30_000,
    }));
    // An older entry and one about alone what is to stay refused.
    let mine =
        json!({"target": {"type": "subject", "id": "bob"}, "wait": "everywhere", "timeout_ms": 30_000});
    house.revoke(&mine);
    assert!(
        !house.accepts(&token(&admins[0])) && !house.accepts(&token(&admins[1])) && house.accepts(&carol)
    );
    assert_eq!(server.refresh(text(&admins[0], "refresh_token")).status, 400);

    let undone = undo(server, &revoked.body["position"]);
    assert_eq!((undone.status, &undone.body["complete"]), (200, &json!(true)), "{undone:?}");
    assert_eq!(undone.body["undoes"], revoked.body["position"]);
    assert_eq!(undone.body["applied"].as_array().unwrap().len(), 2, "{undone:?}");
    assert!(house.accepts(&token(&admins[0])), "the very token that was refused");
    assert!(!house.accepts(&token(&admins[1])), "another entry names its subject");
    assert_eq!(server.refresh(text(&admins[0], "refresh_token")).status, 200);
    assert_eq!(server.refresh(text(&admins[1], "refresh_token")).status, 400);

    // The log says both; what was undone once is not undone twice.
    let listed = server.get("/v1/revocations").body;
    let [undo_entry, _, entry] = &listed["items"].as_array().unwrap()[..] else { panic!("{listed}") };
    assert_eq!((&undo_entry["undoes"], &undo_entry["reason"]), (&entry["position"], &json!("mistake")));
    assert_eq!((&entry["undone_by"], &entry["undoes"]), (&undo_entry["position"], &Json::Null));
    assert_eq!(reason(&undo(server, &entry["position"])), (409, "already_undone"));
    assert_eq!(reason(&undo(server, &undo_entry["position"])), (409, "not_undoable"));
    assert_eq!(reason(&undo(server, &json!(1))), (404, "not_found"));
}

#[test]
fn an_older_entry_holds_and_a_session_comes_back_with_its_refresh_token_over_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let (alice, bob) = (server.sign_in("alice"), server.sign_in("bob"));
    let of = |subject: &str| json!({"type": "subject", "id": subject});
    let session = |of: &Json| json!({"type": "session", "id": text(of, "session_id")});
    server.revoke(&of("alice"));
    let newer = server.revoke(&of("alice")).body["position"].clone();
    let logout = server.revoke(&session(&bob)).body["position"].clone();
    assert_eq!([undo(&server, &newer).status, undo(&server, &logout).status], [200, 200]);

    // I6: neither what was undone nor what was not comes back or goes by a restart.
    let server = {
        let (old, new) = (server, data.path());
        old.kill();
        Running::dev(new)
    };
    assert_eq!(server.check(text(&alice, "access_token")), 401, "the older entry");
    assert_eq!(server.refresh(text(&alice, "refresh_token")).status, 400);
    assert_eq!(server.check(text(&bob, "access_token")), 200);
    let renewed = server.refresh(text(&bob, "refresh_token"));
    assert_eq!(server.check(renewed.text_of("access_token")), 200);
}

#[test]
fn after_its_window_an_entry_stands_and_without_a_window_every_entry_does() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(data.path(), "[revocations]\nundo_window = \"1s\"\n");
    let alice = server.sign_in("alice");
    let made = server.revoke(&json!({"type": "subject", "id": "alice"})).body["position"].clone();
    let recorded = clock::now();
    // Recorded before it was answered, so the window is over by then.
    while clock::now() < recorded.plus(Duration::from_secs(1)) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(reason(&undo(&server, &made)), (409, "undo_window_over"));
    assert_eq!(server.check(text(&alice, "access_token")), 401);
    drop(server);

    let server = Running::configured(data.path(), "[revocations]\nundo_window = \"0s\"\n");
    let made = server.revoke(&json!({"type": "subject", "id": "alice"})).body["position"].clone();
    assert_eq!(reason(&undo(&server, &made)), (409, "undo_window_over"));
}
