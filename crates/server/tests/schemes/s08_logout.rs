//! S08: logging out ends the access and the refresh token of that sign-in together.

use crate::process::answer::text;
use crate::process::running::Running;

#[test]
fn logout_ends_access_and_refresh_token_of_that_sign_in_and_no_other() {
    // S08
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let (here, there) = (server.sign_in("alice"), server.sign_in("alice"));
    assert_eq!(server.check(text(&here, "access_token")), 200);

    let ended = server.post_with("/v1/logout", text(&here, "access_token"));
    assert!((200..300).contains(&ended.status), "{ended:?}");

    assert_eq!(server.check(text(&here, "access_token")), 401);
    let refused = server.refresh(text(&here, "refresh_token"));
    assert_eq!((refused.status, refused.text_of("error")), (400, "invalid_grant"));
    assert_eq!(server.check(text(&there, "access_token")), 200);
    assert_eq!(server.refresh(text(&there, "refresh_token")).status, 200);
}

#[test]
fn the_refresh_token_alone_is_enough_to_log_out() {
    // RFC 7009 section 2.1: revoking a refresh token takes the access tokens of its grant with it.
    let data = tempfile::tempdir().unwrap();
    let server = Running::dev(data.path());
    let session = server.sign_in("alice");
    let fields = [("client_id", "web"), ("token", text(&session, "refresh_token"))];
    assert_eq!(server.form("/oauth/revoke", &fields).status, 200);
    assert_eq!(server.check(text(&session, "access_token")), 401);
    assert_eq!(server.refresh(text(&session, "refresh_token")).status, 400);
}
