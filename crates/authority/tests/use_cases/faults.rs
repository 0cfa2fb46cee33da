//! A store that fails at every step: nothing is acknowledged, nothing is half done (design section 5).

use std::future::Future;
use std::pin::Pin;

use quash_authority::testing::WhenToFail;
use quash_authority::{
    ClientTokens, DevicePage, Error, JoinSession, PresentedToken, Refreshed, RevocationRequest, SessionPage,
    TargetRequest, TokenReply,
};
use quash_core::revocation::reason::Reason;
use quash_storage::ports::Filter;

use crate::scene::{Scene, client_id, refresh_token, scene, session_id, sign_in, subject};

type Attempt<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>>;
type Verb = for<'a> fn(&'a Scene, &'a TokenReply) -> Attempt<'a>;

/// Every use case that asks the store, with the least that it needs.
const VERBS: [(&str, Verb); 15] = [
    ("sign_in", |s, _| Box::pin(async { s.authority.sign_in(&s.root(), sign_in("bob")).await.map(drop) })),
    ("join", |s, tokens| {
        Box::pin(async {
            let join = JoinSession { client: client_id("shop"), scope: None };
            s.authority.join(&s.root(), &session_id(tokens), join).await.map(drop)
        })
    }),
    ("refresh", |s, tokens| {
        Box::pin(async { s.authority.refresh(&s.client("web"), refresh_token(tokens), None).await.map(drop) })
    }),
    ("client_credentials", |s, _| {
        Box::pin(async { s.authority.client_credentials(&s.client("job"), None).await.map(drop) })
    }),
    ("revoke", |s, _| Box::pin(async { s.authority.revoke(&s.root(), alice()).await.map(drop) })),
    ("revoke, counted", |s, _| {
        let request = RevocationRequest { dry_run: true, ..alice() };
        Box::pin(async { s.authority.revoke(&s.root(), request).await.map(drop) })
    }),
    ("revoke_token", |s, tokens| {
        Box::pin(async {
            let token = PresentedToken::Refresh(refresh_token(tokens));
            s.authority.revoke_token(&s.client("web"), token).await.map(drop)
        })
    }),
    ("log_out", |s, tokens| {
        Box::pin(async { s.authority.log_out(&s.claims(tokens), "req").await.map(drop) })
    }),
    ("end_session", |s, tokens| {
        Box::pin(async {
            let reason = Reason::known(Reason::ADMIN);
            s.authority.end_session(&s.root(), &session_id(tokens), reason).await.map(drop)
        })
    }),
    ("end_own_sessions_except_current", |s, tokens| {
        Box::pin(async {
            s.authority.end_own_sessions_except_current(&s.claims(tokens), "req").await.map(drop)
        })
    }),
    ("list_sessions", |s, _| {
        Box::pin(async {
            s.authority.list_sessions(&s.root(), Filter::default(), SessionPage::default()).await.map(drop)
        })
    }),
    ("list_devices", |s, _| {
        Box::pin(async {
            s.authority.list_devices(&s.root(), &subject("alice"), DevicePage::default()).await.map(drop)
        })
    }),
    ("end_own_device", |s, tokens| {
        Box::pin(async {
            let device = tokens.device_id.clone().unwrap();
            s.authority.end_own_device(&s.claims(tokens), &device, "req").await.map(drop)
        })
    }),
    ("rotate_keys", |s, _| Box::pin(async { s.authority.rotate_keys(&s.root()).await.map(drop) })),
    ("maintain", |s, _| Box::pin(async { s.authority.maintain().await.map(drop) })),
];

fn alice() -> RevocationRequest {
    RevocationRequest::end(TargetRequest::Subject(subject("alice")))
}

#[tokio::test]
async fn a_store_failure_at_any_step_of_any_use_case_is_an_error_that_can_be_retried() {
    for (name, verb) in VERBS {
        let steps = {
            let scene = scene().await;
            let tokens = scene.signs_in("alice").await;
            scene.store.fail(WhenToFail::Never);
            verb(&scene, &tokens).await.unwrap();
            scene.store.calls()
        };
        assert!(steps > 0, "{name}");
        for step in 0..steps {
            for when in [WhenToFail::Before(step), WhenToFail::After(step)] {
                let scene = scene().await;
                let tokens = scene.signs_in("alice").await;
                scene.store.fail(when);
                let outcome = verb(&scene, &tokens).await;
                assert!(outcome.is_err_and(|error| error.is_retryable()), "{name}: {when:?}");
                // The same call again succeeds: nothing was left half done.
                verb(&scene, &tokens).await.unwrap_or_else(|error| panic!("{name}: {when:?}: {error}"));
            }
        }
    }
}

#[tokio::test]
async fn what_failed_before_it_was_durable_is_not_enforced() {
    // Never "refused" without an entry: the token is as good as it was.
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let head = scene.head().await;
    scene.store.fail(WhenToFail::Before(0));
    assert!(scene.authority.log_out(&scene.claims(&tokens), "req").await.is_err());
    scene.store.fail(WhenToFail::Before(0));
    assert!(scene.authority.revoke(&scene.root(), alice()).await.is_err());
    assert_eq!(scene.head().await, head);
    assert_eq!(scene.verifier.live_entries(), 0);
    assert!(scene.accepts(&tokens));
    scene.renews(&tokens).await;
}

#[tokio::test]
async fn a_revocation_whose_reply_was_lost_is_one_entry_after_the_retry() {
    // Design section 5: an idempotency key makes a retried revoke one entry.
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let head = scene.head().await;
    let request = RevocationRequest { idempotency: Some("k".into()), ..alice() };
    scene.store.fail(WhenToFail::After(0));
    assert!(scene.authority.revoke(&scene.root(), request.clone()).await.is_err());
    let position = scene.makes(request).await.unwrap();
    assert_eq!(position.number(), head.number() + 1);
    assert_eq!(scene.head().await, position);
    assert_eq!(scene.refuses(&tokens), "admin");
}

#[tokio::test]
async fn an_entry_that_is_durable_but_could_not_be_read_back_is_not_acknowledged() {
    // The append went through, the read for the verifier failed: error, then enforced by the next success.
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    scene.store.fail(WhenToFail::Before(1));
    assert!(scene.authority.revoke(&scene.root(), alice()).await.is_err());
    scene.revokes(TargetRequest::Subject(subject("somebody else"))).await;
    assert_eq!(scene.refuses(&tokens), "admin");
}

#[tokio::test]
async fn a_refresh_whose_reply_was_lost_in_the_store_is_no_theft() {
    // S03; CVE-2020-15223 in reverse: no 200 without the store.
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    scene.store.fail(WhenToFail::After(0));
    assert!(scene.authority.refresh(&scene.client("web"), refresh_token(&tokens), None).await.is_err());
    let renewed = scene.renews(&tokens).await;
    assert_eq!(scene.authority.counts().refresh_repeats, 1);
    scene.renews(&renewed).await;
}

#[tokio::test]
async fn a_theft_that_could_not_be_recorded_is_found_again() {
    // S02: the session is not ended, so nobody is told that it was.
    let scene = scene().await;
    let first = scene.signs_in("alice").await;
    scene.renews(&first).await;
    scene.passes(30);
    scene.store.fail(WhenToFail::Before(1));
    assert!(scene.authority.refresh(&scene.client("web"), refresh_token(&first), None).await.is_err());
    let again = scene.tries_to_renew(&first).await;
    assert!(matches!(again, Refreshed::Refused(refusal) if &*refusal.reason == "refresh_reuse"));
}

#[tokio::test]
async fn a_store_outage_signs_nobody_out_and_lets_nobody_in() {
    // The promise, design section 1: verification goes on from memory.
    let scene = scene().await;
    let (tokens, revoked) = (scene.signs_in("alice").await, scene.signs_in("bob").await);
    scene.revokes(TargetRequest::Subject(subject("bob"))).await;
    scene.store.fail(WhenToFail::Always);
    assert!(scene.accepts(&tokens));
    assert_eq!(scene.refuses(&revoked), "admin");
    assert!(scene.authority.sign_in(&scene.root(), sign_in("carol")).await.is_err());
    let job = scene.authority.client_credentials(&scene.client("job"), None).await;
    assert!(!matches!(job, Ok(ClientTokens::Granted(_))));
}
