//! S26: an event revokes what the table says, one entry each; the table is configuration.

use serde_json::{Value, json};

use crate::process::answer::{Answer, text};
use crate::process::running::Running;

fn report(server: &Running, body: &Value) -> Answer {
    server.post("/v1/events", body)
}

fn check(server: &Running, session: &Value) -> Answer {
    server.get_with("/auth/check", text(session, "access_token"))
}

/// What a check says of `session`: its status, the reason and what to do.
fn said(server: &Running, session: &Value) -> (u16, String, String) {
    let checked = check(server, session);
    if checked.status == 200 {
        return (200, String::new(), String::new());
    }
    (checked.status, checked.text_of("reason").to_owned(), checked.text_of("remedy").to_owned())
}

fn refused(reason: &str, remedy: &str) -> (u16, String, String) {
    (401, reason.to_owned(), remedy.to_owned())
}

fn accepted() -> (u16, String, String) {
    (200, String::new(), String::new())
}

/// Reports `kind` of a fresh subject with two sessions, the second of which is spared where `spare`: what is said of
/// both, and what became of a refresh of the first one.
fn after(server: &Running, kind: &str, spare: bool) -> [(u16, String, String); 3] {
    let subject = format!("{kind}_of_alice");
    let (other, current) = (server.sign_in(&subject), server.sign_in(&subject));
    let mut body = json!({"type": kind, "subject": subject});
    if spare {
        body["except"] = json!({"sid": current["session_id"]});
    }
    let reported = report(server, &body);
    assert_eq!(reported.status, 200, "{kind}: {reported:?}");
    assert_eq!(reported.body["complete"], true);
    let checked = [said(server, &other), said(server, &current)];
    let renewed = server.refresh(text(&other, "refresh_token"));
    let renewed = match renewed.status {
        200 => accepted(),
        status => (status, renewed.text_of("reason").to_owned(), renewed.text_of("remedy").to_owned()),
    };
    let [first, second] = checked;
    [first, second, renewed]
}

fn ended(reason: &str) -> (u16, String, String) {
    (400, reason.to_owned(), "sign_in".to_owned())
}

#[test]
fn every_row_of_the_built_in_table_does_what_it_says() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let bystander = server.sign_in("bob");
    for (kind, reason) in [("banned", "banned"), ("deleted", "deleted"), ("mfa_reset", "mfa_reset")] {
        let gone = refused(reason, "sign_in");
        assert_eq!(after(&server, kind, false), [gone.clone(), gone, ended(reason)], "{kind}");
    }
    let gone = refused("password_changed", "sign_in");
    let spared = after(&server, "password_changed", true);
    assert_eq!(spared, [gone, accepted(), ended("password_changed")]);
    for kind in ["roles_changed", "permissions_changed"] {
        let stale = refused("stale_claims", "renew");
        assert_eq!(after(&server, kind, false), [stale.clone(), stale, accepted()], "{kind}");
    }
    assert_eq!(said(&server, &bystander), accepted());
}

#[test]
fn a_configured_row_takes_the_place_of_a_built_in_one_and_adds_new_ones() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::configured(
        data.path(),
        concat!(
            "[[event]]\ntype = \"password_changed\"\nreach = \"all\"\nreason = \"new_password\"\n",
            "[[event]]\ntype = \"email_changed\"\nreach = \"none\"\n",
            "[[event]]\ntype = \"account_locked\"\nreach = \"others\"\n",
        ),
    );
    let gone = refused("new_password", "sign_in");
    assert_eq!(after(&server, "password_changed", false), [gone.clone(), gone, ended("new_password")]);
    assert_eq!(after(&server, "email_changed", false), [accepted(), accepted(), accepted()]);
    let locked = after(&server, "account_locked", true);
    assert_eq!(locked, [refused("account_locked", "sign_in"), accepted(), ended("account_locked")]);
    assert_eq!(after(&server, "deleted", false)[0], refused("deleted", "sign_in"), "built in, and untouched");
}

#[test]
fn an_unknown_event_names_the_known_ones_and_nothing_happens() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let alice = server.sign_in("alice");
    for (body, field) in [
        (json!({"type": "passwort_changed", "subject": "alice"}), "type"),
        (json!({"type": "deleted", "subject": "alice", "except": {"sid": alice["session_id"]}}), "except"),
        (json!({"type": "deleted"}), "subject"),
    ] {
        let bad = report(&server, &body);
        assert_eq!((bad.status, bad.text_of("field")), (400, field), "{bad:?}");
    }
    let unknown = report(&server, &json!({"type": "x", "subject": "alice"}));
    assert!(unknown.text_of("expected").contains("`password_changed`"), "{unknown:?}");
    assert_eq!(said(&server, &alice), accepted());
}

#[test]
fn changed_claims_come_with_the_event_and_no_cutoff_is_undone_by_them() {
    // Design section 2: the entry commits together with the changed claims; I6
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let sign_in = |role: &str| {
        let body =
            json!({"subject": "alice", "client_id": "web", "claims": {"roles": [role], "trial": true}});
        server.post("/v1/sessions", &body).body
    };
    let (admin, user) = (sign_in("admin"), sign_in("user"));
    server.revoke(&json!({"type": "claim", "name": "roles", "value": "admin"}));
    let claims = json!({"roles": ["editor"], "trial": null});
    let body = json!({"type": "roles_changed", "subject": "alice", "detail": {"claims": claims}});
    assert_eq!(report(&server, &body).status, 200);
    assert_eq!(said(&server, &user), refused("stale_claims", "renew"));
    let renewed = server.refresh(text(&user, "refresh_token")).body;
    let told = server.introspect(text(&renewed, "access_token"));
    assert_eq!((&told["roles"], &told["trial"]), (&json!(["editor"]), &json!(null)));
    assert_eq!(server.refresh(text(&admin, "refresh_token")).status, 400, "it was ended, and stays so");

    for (claims, field) in [(json!({"sub": "bob"}), "detail.claims.sub"), (json!("x"), "detail.claims")] {
        let body = json!({"type": "roles_changed", "subject": "alice", "detail": {"claims": claims}});
        let bad = report(&server, &body);
        assert_eq!((bad.status, bad.text_of("field")), (400, field), "{bad:?}");
    }
}
