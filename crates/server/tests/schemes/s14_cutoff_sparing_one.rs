//! S14: whatever a subject was issued before an instant ends, but for the session that asks for it if so wanted.

use serde_json::json;

use crate::process::answer::text;
use crate::process::other_library::hs256;
use crate::process::overlay::{now, write_secret};
use crate::process::running::Running;

#[test]
fn the_present_session_can_be_spared_and_goes_on_renewing() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let (here, there) = (server.sign_in("alice"), server.sign_in("alice"));
    let body = json!({
        "target": {"type": "subject", "id": "alice"},
        "except": {"sid": here["session_id"]},
        "reason": "password_changed",
    });
    assert_eq!(server.post("/v1/revocations", &body).status, 200);

    assert_eq!(server.check(text(&here, "access_token")), 200);
    let renewed = server.refresh(text(&here, "refresh_token"));
    assert_eq!(server.check(renewed.text_of("access_token")), 200);
    let refused = server.get_with("/auth/check", text(&there, "access_token"));
    assert_eq!((refused.status, refused.text_of("reason")), (401, "password_changed"));
    assert_eq!(server.refresh(text(&there, "refresh_token")).status, 400);
}

#[test]
fn a_sign_in_of_the_same_second_passes_and_an_older_token_of_that_second_does_not() {
    // Own tokens are compared by position. Repeated, so that some of the rounds lie within one second.
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    for _ in 0..20 {
        let before = server.sign_in("alice");
        server.revoke(&json!({"type": "subject", "id": "alice"}));
        let after = server.sign_in("alice");
        assert_eq!(server.check(text(&before, "access_token")), 401);
        assert_eq!(server.check(text(&after, "access_token")), 200);
    }
}

#[test]
fn a_foreign_token_is_revoked_when_its_iat_is_not_after_the_cutoff() {
    // It has seconds only: in the cutoff's own second, and in the skew that is allowed beyond, it is refused.
    const SECRET: &str = "a-secret-that-is-long-enough-to-be-taken";
    let data = tempfile::tempdir().unwrap();
    write_secret(data.path(), SECRET);
    let text = "[[issuer]]\nname = \"https://old.example\"\nsecret_file = \"shared.secret\"\nalgorithm = \"HS256\"\n\
                audience = [\"api\"]\nallow = [\"typ_jwt\"]\nlongest_life = \"1h\"\n";
    let server = Running::configured(data.path(), text);
    let issued = now();
    let token = |iat: u64| {
        let claims =
            json!({"iss": "https://old.example", "aud": "api", "sub": "u1", "iat": iat, "exp": iat + 600});
        hs256(SECRET, &[claims]).remove(0)
    };
    let old = token(issued - 60);
    assert_eq!(server.check(&old), 200);
    server.revoke(&json!({"issuer": "https://old.example", "type": "subject", "id": "u1"}));
    assert_eq!(server.check(&old), 401);
    assert_eq!(server.check(&token(issued)), 401, "the second of the cutoff, or the one before");
}
