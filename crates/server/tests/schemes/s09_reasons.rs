//! S09: the client is told why, in words of a closed list, in the body of the 401 and in its challenge; and whether to renew
//! silently or to sign in again. The audit log has the same reason, with who gave it and the request that it came in.

use serde_json::{Value as Json, json};

use crate::process::answer::{Answer, text};
use crate::process::running::Running;

/// What a 401 says: its reason and the remedy, twice.
fn said(answer: &Answer) -> (&str, &str) {
    assert_eq!(answer.status, 401, "{answer:?}");
    let (reason, remedy) = (answer.text_of("reason"), answer.text_of("remedy"));
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_token\""), "{challenge}");
    assert!(challenge.contains(&format!("reason=\"{reason}\"")), "{challenge}");
    assert!(challenge.contains(&format!("remedy=\"{remedy}\"")), "{challenge}");
    (reason, remedy)
}

fn revoke(server: &Running, body: &Json) {
    let answer = server.post("/v1/revocations", body);
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn every_reason_that_an_entry_has_reaches_the_holder_of_the_token_and_of_the_refresh_token() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    for reason in ["admin", "kicked", "banned", "password_changed", "anomaly", "of_our_own_7"] {
        let session = server.sign_in("alice");
        let target = json!({"type": "session", "id": session["session_id"]});
        revoke(&server, &json!({"target": target, "reason": reason}));
        let refused = server.get_with("/auth/check", text(&session, "access_token"));
        assert_eq!(said(&refused), (reason, "sign_in"));
        let renewed = server.refresh(text(&session, "refresh_token"));
        assert_eq!(
            (renewed.status, renewed.text_of("reason"), renewed.text_of("remedy")),
            (400, reason, "sign_in")
        );
    }
    let bad = server.post(
        "/v1/revocations",
        &json!({"target": {"type": "subject", "id": "alice"}, "reason": "Not A Word"}),
    );
    assert_eq!((bad.status, bad.text_of("field")), (400, "reason"));
}

#[test]
fn a_stale_token_is_renewed_silently_and_an_ended_one_is_not() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let session = server.sign_in("alice");
    let target = json!({"type": "subject", "id": "alice"});
    revoke(&server, &json!({"target": target, "effect": "refresh", "reason": "stale_claims"}));
    let stale = server.get_with("/auth/check", text(&session, "access_token"));
    assert_eq!(said(&stale), ("stale_claims", "renew"));
    let renewed = server.refresh(text(&session, "refresh_token"));
    assert_eq!((renewed.status, server.check(renewed.text_of("access_token"))), (200, 200));

    // `end` wins over `refresh`, in whatever order they came.
    revoke(&server, &json!({"target": target, "reason": "banned"}));
    revoke(&server, &json!({"target": target, "effect": "refresh", "reason": "stale_claims"}));
    let ended = server.get_with("/auth/check", renewed.text_of("access_token"));
    assert_eq!(said(&ended), ("banned", "sign_in"));
}

#[test]
fn logging_out_and_ending_another_device_are_told_apart() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let [here, there] = [server.sign_in("alice"), server.sign_in("alice")];
    let path = format!("/v1/me/sessions/{}", text(&there, "session_id"));
    assert!(server.delete_with(&path, text(&here, "access_token")) < 300);
    assert!(server.post_with("/v1/logout", text(&here, "access_token")).status < 300);
    assert_eq!(said(&server.get_with("/auth/check", text(&there, "access_token"))), ("kicked", "sign_in"));
    assert_eq!(said(&server.get_with("/auth/check", text(&here, "access_token"))), ("logged_out", "sign_in"));
}

#[test]
fn whoever_holds_a_token_that_does_not_verify_learns_nothing_about_it_and_the_metrics_count_reasons() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let session = server.sign_in("alice");
    let token = text(&session, "access_token");
    let (front, signature) = token.rsplit_once('.').unwrap();
    let spoiled = format!("{front}.{}", signature.chars().rev().collect::<String>());
    for bad in ["x", "a.b.c", &spoiled] {
        assert_eq!(said(&server.get_with("/auth/check", bad)), ("invalid_token", "sign_in"));
    }
    let nothing =
        ureq::get(format!("{}/auth/check", server.url)).config().http_status_as_error(false).build();
    let nothing = Answer::read(nothing.call().unwrap());
    assert_eq!((nothing.status, nothing.header("www-authenticate")), (401, "Bearer realm=\"quash\""));

    server.revoke(&json!({"type": "session", "id": session["session_id"]}));
    assert_eq!(said(&server.get_with("/auth/check", token)), ("admin", "sign_in"));
    let metrics = server.get("/metrics").text;
    let counted = |reason: &str| {
        let line = metrics.lines().find(|line| {
            line.starts_with("quash_verifier_rejections_total") && line.contains(&format!("\"{reason}\""))
        });
        line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
    };
    assert!(counted("revoked").or_else(|| counted("admin")) >= Some(1), "{metrics}");
}

/// What the audit log says last.
fn audited(server: &Running) -> Json {
    let page = server.get("/v1/audit?limit=200").body;
    page["items"].as_array().unwrap().last().unwrap().clone()
}

#[test]
fn a_reason_is_in_the_audit_log_with_who_gave_it_and_what_caused_it() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let session = server.sign_in("alice");
    let target = json!({"type": "session", "id": session["session_id"]});
    let revoked = server.post("/v1/revocations", &json!({"target": target, "reason": "of_our_own_7"}));
    let entry = audited(&server);
    assert_eq!((text(&entry, "action"), text(&entry, "reason")), ("revoked", "of_our_own_7"));
    assert_eq!(text(&entry, "actor"), "cred_configured");
    assert_eq!(text(&entry, "cause"), revoked.header("x-request-id"));
    assert_eq!(entry["position"], revoked.body["position"]);
    assert_eq!(entry["details"]["session"], session["session_id"]);
    assert_eq!(entry["details"]["subject"], json!("alice"));

    // What the user does is the user's doing.
    let session = server.sign_in("alice");
    let out = server.post_with("/v1/logout", text(&session, "access_token"));
    let entry = audited(&server);
    assert_eq!((text(&entry, "actor"), text(&entry, "reason")), ("alice", "logged_out"));
    assert_eq!(text(&entry, "cause"), out.header("x-request-id"));

    // And what was refused is nobody's: no entry.
    let before = audited(&server)["sequence"].clone();
    server.post("/v1/revocations", &json!({"target": target, "reason": "Not A Word"}));
    server.refresh(text(&session, "refresh_token"));
    assert_eq!(audited(&server)["sequence"], before);
}
