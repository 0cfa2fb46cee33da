//! Users and support ending sessions.

use std::time::Duration;

use quash_authority::settings::RequestedLifetimes;
use quash_authority::{ClientTokens, Error, SignIn};
use quash_core::ids::SessionId;
use quash_core::revocation::reason::Reason;
use quash_storage::ports::Role;

use crate::scene::{scene, session_id, sign_in};

#[tokio::test]
async fn a_logout_ends_access_and_refresh_token_of_that_sign_in_and_no_other() {
    // S08
    let scene = scene().await;
    let (phone, laptop) = (scene.signs_in("alice").await, scene.signs_in("alice").await);
    let renewed = scene.renews(&phone).await;
    let ended = scene.authority.log_out(&scene.claims(&phone), "req").await.unwrap();
    assert_eq!(ended.position, Some(scene.head().await));
    for tokens in [&phone, &renewed] {
        assert_eq!(scene.refuses(tokens), "logged_out");
        assert_eq!(&*scene.renewal_refused(tokens).await.reason, "logged_out");
    }
    assert!(scene.accepts(&laptop));
    scene.renews(&laptop).await;
}

#[tokio::test]
async fn a_token_without_a_session_is_logged_out_alone() {
    let scene = scene().await;
    let job = scene.client("job");
    let ClientTokens::Granted(one) = scene.authority.client_credentials(&job, None).await.unwrap() else {
        panic!("refused")
    };
    let ClientTokens::Granted(other) = scene.authority.client_credentials(&job, None).await.unwrap() else {
        panic!("refused")
    };
    scene.authority.log_out(&scene.claims(&one), "req").await.unwrap();
    assert_eq!(scene.refuses(&one), "logged_out");
    assert!(scene.accepts(&other));
}

#[tokio::test]
async fn a_user_ends_one_of_their_other_sessions() {
    // S31, S32: three devices, one ended, two live.
    let scene = scene().await;
    let (phone, laptop, tv) =
        (scene.signs_in("alice").await, scene.signs_in("alice").await, scene.signs_in("alice").await);
    let claims = scene.claims(&phone);
    scene.authority.end_own_session(&claims, &session_id(&tv), "req").await.unwrap().unwrap();
    assert_eq!(scene.refuses(&tv), "kicked");
    assert!(scene.accepts(&phone) && scene.accepts(&laptop));
    let again = scene.authority.end_own_session(&claims, &session_id(&tv), "req").await.unwrap().unwrap();
    assert_eq!(again.position, None, "over already: nothing is appended");
    scene.authority.end_own_session(&claims, &session_id(&phone), "req").await.unwrap().unwrap();
    assert_eq!(scene.refuses(&phone), "logged_out", "one's own session is a logout");
}

#[tokio::test]
async fn nobody_ends_a_session_of_somebody_else() {
    // Attack row 37: not there and not yours look the same.
    let scene = scene().await;
    let (alice, bob) = (scene.signs_in("alice").await, scene.signs_in("bob").await);
    let claims = scene.claims(&alice);
    assert_eq!(scene.authority.end_own_session(&claims, &session_id(&bob), "req").await.unwrap(), None);
    let nowhere = SessionId::new("ses_none").unwrap();
    assert_eq!(scene.authority.end_own_session(&claims, &nowhere, "req").await.unwrap(), None);
    assert!(scene.accepts(&bob));
}

#[tokio::test]
async fn ending_all_but_the_current_session_is_one_entry() {
    // S14
    let scene = scene().await;
    let current = scene.signs_in("alice").await;
    let mut others = Vec::new();
    for _ in 0..5 {
        others.push(scene.signs_in("alice").await);
    }
    let before = scene.head().await;
    scene.authority.end_own_sessions_except_current(&scene.claims(&current), "req").await.unwrap();
    assert_eq!(scene.head().await.number(), before.number() + 1);
    assert!(scene.accepts(&current));
    scene.renews(&current).await;
    for tokens in &others {
        assert_eq!(scene.refuses(tokens), "kicked");
        assert_eq!(&*scene.renewal_refused(tokens).await.reason, "kicked");
    }
    assert!(scene.accepts(&scene.signs_in("alice").await));
}

#[tokio::test]
async fn support_ends_single_sessions_with_a_reason() {
    // S25
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let support = scene.caller(&[Role::Support], None).await;
    let reason = || Reason::new("lost_phone").unwrap();
    let sid = session_id(&tokens);
    scene.authority.end_session(&support, &sid, reason()).await.unwrap().unwrap();
    assert_eq!(scene.refuses(&tokens), "lost_phone");
    let again = scene.authority.end_session(&support, &sid, reason()).await.unwrap().unwrap();
    assert_eq!(again.position, None);
    let unknown = SessionId::new("ses_none").unwrap();
    assert_eq!(scene.authority.end_session(&support, &unknown, reason()).await.unwrap(), None);
    let listed = scene.authority.session(&support, &sid).await.unwrap().unwrap();
    let over = listed.session.over(scene.authority.now()).unwrap();
    assert_eq!(over.reason(), "lost_phone");
}

#[tokio::test]
async fn ending_a_session_that_ran_out_ends_its_living_access_token() {
    // S08: the idle limit can come before the token's own end, so "it is over anyway" would leave the token alive.
    let scene = scene().await;
    let lifetimes = RequestedLifetimes { idle: Some(Duration::from_secs(60)), absolute: None };
    for by_support in [true, false] {
        let tokens = scene.opens(SignIn { lifetimes, ..sign_in("alice") }).await;
        let claims = scene.claims(&tokens);
        scene.passes(61);
        assert_eq!(&*scene.renewal_refused(&tokens).await.reason, "idle");
        assert!(scene.accepts(&tokens));
        let sid = session_id(&tokens);
        let ended = if by_support {
            let reason = Reason::known(Reason::KICKED);
            scene.authority.end_session(&scene.root(), &sid, reason).await.unwrap().unwrap()
        } else {
            scene.authority.end_own_session(&claims, &sid, "req").await.unwrap().unwrap()
        };
        assert_eq!(ended.position, Some(scene.head().await));
        assert!(!scene.accepts(&tokens));
    }
}

#[tokio::test]
async fn support_for_one_client_reaches_the_sessions_of_that_client_only() {
    // Attack row 37
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let reason = || Reason::known(Reason::ADMIN);
    let elsewhere = scene.caller(&[Role::Support], Some("shop")).await;
    let sid = session_id(&tokens);
    assert_eq!(scene.authority.end_session(&elsewhere, &sid, reason()).await.unwrap(), None);
    let here = scene.caller(&[Role::Support], Some("web")).await;
    assert!(scene.authority.end_session(&here, &sid, reason()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_client_token_has_no_sessions_to_end() {
    let scene = scene().await;
    let ClientTokens::Granted(tokens) =
        scene.authority.client_credentials(&scene.client("job"), None).await.unwrap()
    else {
        panic!("refused")
    };
    let claims = scene.claims(&tokens);
    let error = scene.authority.end_own_sessions_except_current(&claims, "req").await.unwrap_err();
    assert!(matches!(error, Error::Request(error) if error.field == "token"));
}
