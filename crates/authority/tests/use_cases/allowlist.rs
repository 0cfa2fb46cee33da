//! The allowlist (S12): only registered sessions pass, whoever has the key that signs.

use std::sync::Arc;
use std::time::Duration;

use quash_authority::testing::{InMemoryAuthority, WhenToFail};
use quash_authority::{
    AliasRequest, BanRequest, ClientTokens, Enforcement as _, PlainToken, Settings, SignIn, StartError,
    TargetRequest, TokenReply, UndoOutcome, UndoRequest,
};
use quash_core::position::Position;
use quash_core::revocation::decide::Decision;
use quash_core::revocation::entry::NewEntry;
use quash_core::revocation::freshness::Undecided;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::TargetKind;
use quash_core::session::ban::{BanLevel, Service};
use quash_storage::ports::{Allowlist as _, RevocationLog as _};
use serde_json::json;

use crate::scene::{
    API, ISSUER, Scene, client_id, scene, scene_with, session_id, settings, sign_in, subject,
};

const DAY: u64 = 86_400;
/// An absolute limit of 90 days, and the largest leeway.
const REGISTERED: u64 = 90 * DAY + 60;

fn listed() -> Settings {
    Settings { allowlist: true, ..settings() }
}

/// The same store and the same time, an authority with other settings.
async fn restarts(scene: &Scene, settings: Settings) -> Result<Scene, StartError> {
    let (store, clock) = (Arc::clone(&scene.store), Arc::clone(&scene.clock));
    InMemoryAuthority::start_over(store, settings, clock, 2).await.map(Scene)
}

/// What somebody signs with the real key: a token of this session of alice's, dated as it pleases them.
fn forged(scene: &Scene, sid: &str, position: Position) -> PlainToken {
    let now = scene.authority.now().seconds();
    let claims = json!({
        "iss": ISSUER, "sub": "alice", "aud": API, "client_id": "web", "iat": now, "exp": now + 600,
        "jti": "tok_forged", "sid": sid, "pos": position.number(),
    });
    scene.forge(&claims).unwrap()
}

fn judged(scene: &Scene, token: &PlainToken) -> Result<String, Undecided> {
    let claims = scene.verifier.verify(token.expose()).unwrap();
    scene.verifier.decide(&claims, scene.authority.now()).map(|decision| match decision {
        Decision::Accept => "accepted".to_owned(),
        Decision::Reject(rejection) => rejection.reason().to_owned(),
    })
}

/// What becomes of forged tokens of the session of `tokens`, dated long ago, now, and far ahead.
async fn of_any_date(scene: &Scene, tokens: &TokenReply) -> Vec<Result<String, Undecided>> {
    let head = scene.head().await;
    let dates = [1, head.number(), head.number() + 1_000_000].map(|number| Position::new(number).unwrap());
    let session = session_id(tokens);
    dates.iter().map(|date| judged(scene, &forged(scene, session.as_str(), *date))).collect()
}

/// The newest entry that revokes something.
async fn newest(scene: &Scene) -> NewEntry {
    let page = scene.authority.list_revocations(&scene.root(), None, 1).await.unwrap();
    page.entries.into_iter().next().unwrap().fact
}

async fn undo(scene: &Scene, position: Position) -> Result<UndoOutcome, quash_authority::Error> {
    let request =
        UndoRequest { position, reason: Reason::known(Reason::ADMIN), idempotency: None, cause: "".into() };
    scene.authority.undo(&scene.root(), request).await
}

fn alice() -> TargetRequest {
    TargetRequest::Subject(subject("alice"))
}

#[tokio::test]
async fn a_token_signed_with_the_real_key_for_a_session_that_nobody_opened_is_refused_by_itself() {
    let scene = scene_with(listed()).await;
    let tokens = scene.signs_in("alice").await;
    assert!(scene.accepts(&tokens), "what signed in passes");
    assert!(scene.accepts(&scene.renews(&tokens).await), "and is renewed");
    let bob = scene.signs_in("bob").await;
    let head = scene.head().await;
    let unknown = judged(&scene, &forged(&scene, "ses_0", head));
    assert_eq!(unknown, Ok("not_registered".into()));
    let of_another = judged(&scene, &forged(&scene, session_id(&bob).as_str(), head));
    assert_eq!(of_another, Ok("not_registered".into()), "that session is bob's");
    let ahead = forged(&scene, "ses_0", Position::new(head.number() + 1).unwrap());
    assert_eq!(judged(&scene, &ahead), Err(Undecided::Ahead), "never accepted");
    assert_eq!(scene.verifier.registered_sessions(), 2);
}

#[tokio::test]
async fn what_was_ended_stays_ended_whatever_position_a_forger_picks() {
    // Also when the tokens of that time are long over, and their entries forgotten where no list is kept.
    let scene = scene_with(listed()).await;
    let session = TargetRequest::Session(session_id(&scene.signs_in("zoe").await));
    for target in [None, Some(alice()), Some(TargetRequest::Issuer(None))] {
        let tokens = scene.signs_in("alice").await;
        let target = target.unwrap_or_else(|| TargetRequest::Session(session_id(&tokens)));
        scene.revokes(target).await;
        for _later in 0..3 {
            let all = of_any_date(&scene, &tokens).await;
            assert!(all.iter().all(|one| *one == Ok("admin".into())), "{all:?}");
            scene.passes(20 * DAY);
            scene.authority.maintain().await.unwrap();
        }
    }
    scene.revokes(session).await;
    let again = scene.signs_in("alice").await;
    assert!(scene.accepts(&again), "who signs in anew is in");
}

#[tokio::test]
async fn whatever_ends_sessions_is_held_for_as_long_as_they_are_registered() {
    let scene = scene_with(listed()).await;
    let root = scene.root();
    let until = scene.authority.now().plus(Duration::from_secs(REGISTERED));
    let mut ends = 0;
    let mut holds = async |what: &str| {
        let entry = newest(&scene).await;
        assert!(entry.retain_until >= until && entry.enforce_until >= until, "{what}: {entry:?}");
        ends += 1;
    };
    for target in [
        TargetRequest::Session(session_id(&scene.signs_in("alice").await)),
        alice(),
        TargetRequest::Issuer(None),
    ] {
        scene.revokes(target).await;
        holds("a revocation").await;
    }
    scene.signs_in("alice").await;
    let ban = BanRequest {
        subject: subject("alice"),
        service: Service::Everywhere,
        level: BanLevel::new(5).unwrap(),
        reason: Reason::new("spam").unwrap(),
        until: None,
        cause: "".into(),
    };
    scene.authority.ban(&root, ban).await.unwrap();
    holds("a ban").await;
    scene.signs_in("carol").await;
    let alias = AliasRequest { old: subject("carol"), new: subject("carola"), cause: "".into() };
    scene.authority.change_alias(&root, alias).await.unwrap();
    holds("another id").await;
    let tokens = scene.signs_in("dave").await;
    let user = scene.claims(&tokens);
    scene.authority.log_out(&user, "").await.unwrap();
    holds("a logout").await;
    let tokens = scene.signs_in("erin").await;
    scene.renews(&tokens).await;
    scene.passes(31);
    assert_eq!(&*scene.renewal_refused(&tokens).await.reason, "refresh_reuse");
    holds("a stolen refresh token").await;
    assert_eq!(ends, 7);
    // What a forger's position or claims would pass by anyway is not held longer for it.
    scene.revokes(TargetRequest::Client(client_id("web"))).await;
    assert!(newest(&scene).await.retain_until < until);
}

#[tokio::test]
async fn a_registration_is_held_to_the_absolute_end_of_its_session_and_the_largest_leeway() {
    // I8: bounded by the sessions that can live.
    let scene = scene_with(listed()).await;
    for name in ["alice", "bob", "carol"] {
        scene.signs_in(name).await;
    }
    scene.passes(REGISTERED - 1);
    scene.authority.maintain().await.unwrap();
    assert_eq!(scene.verifier.registered_sessions(), 3);
    scene.passes(1);
    scene.authority.maintain().await.unwrap();
    assert_eq!(scene.verifier.registered_sessions(), 0);
    assert_eq!(scene.store.inner().entries_before(None, 10).await.unwrap(), [], "nor in the store");
}

#[tokio::test]
async fn a_sign_in_that_looked_back_is_newer_than_every_verifier_that_lacks_its_registration() {
    // S14: it stands where it is registered, unless something since made its token stale.
    let scene = scene_with(listed()).await;
    let as_of = Some(scene.head().await);
    scene.revokes(TargetRequest::Subject(subject("bob"))).await;
    let tokens = scene.opens(SignIn { as_of, ..sign_in("alice") }).await;
    assert_eq!(scene.claims(&tokens).position(), Some(scene.head().await));
    assert!(scene.accepts(&tokens));
    scene.revokes(alice()).await;
    let late = scene.opens(SignIn { as_of, ..sign_in("alice") }).await;
    assert_eq!(scene.refuses(&late), "admin", "and what ended it since still does");
}

#[tokio::test]
async fn a_repeated_sign_in_is_one_session_and_one_registration() {
    let scene = scene_with(listed()).await;
    let again = || SignIn { idempotency: Some("a key".into()), ..sign_in("alice") };
    let first = scene.opens(again()).await;
    let head = scene.head().await;
    let second = scene.opens(again()).await;
    assert_eq!((session_id(&first), scene.head().await), (session_id(&second), head));
    assert!(scene.accepts(&second));
    assert_eq!(scene.claims(&second).position(), Some(head));
    assert_eq!(scene.verifier.registered_sessions(), 1);
}

#[tokio::test]
async fn what_was_open_before_the_list_was_kept_comes_on_it_and_what_was_over_does_not() {
    let scene = scene().await;
    let (tokens, bob) = (scene.signs_in("alice").await, scene.signs_in("bob").await);
    let cut_off = scene.signs_in("carol").await;
    let many = 450;
    for number in 0..many {
        scene.signs_in(&format!("u{number}")).await;
    }
    scene.revokes(TargetRequest::Session(session_id(&bob))).await;
    scene.revokes(TargetRequest::Subject(subject("carol"))).await;
    let on = restarts(&scene, listed()).await.unwrap();
    assert_eq!(on.verifier.registered_sessions(), 1 + many);
    assert!(on.accepts(&tokens), "with the token that it had");
    assert!(on.accepts(&on.renews(&tokens).await));
    assert_eq!((on.refuses(&bob), on.refuses(&cut_off)), ("admin".into(), "admin".into()));
    let head = on.head().await;
    let again = restarts(&on, listed()).await.unwrap();
    assert_eq!((again.head().await, again.verifier.registered_sessions()), (head, 1 + many), "once");
    assert!(again.accepts(&tokens));
}

#[tokio::test]
async fn a_start_that_fails_at_any_step_leaves_no_session_out() {
    let mut failed = 0;
    for step in 0..40 {
        let scene = scene().await;
        let tokens = scene.signs_in("alice").await;
        scene.store.fail(if step % 2 == 0 {
            WhenToFail::Before(step / 2)
        } else {
            WhenToFail::After(step / 2)
        });
        let started = restarts(&scene, listed()).await;
        failed += u64::from(started.is_err());
        scene.store.fail(WhenToFail::Never);
        assert!(restarts(&scene, listed()).await.unwrap().accepts(&tokens), "step {step}");
    }
    assert!(failed > 20 && failed < 40, "{failed}: every step, and then none");
}

#[tokio::test]
async fn a_list_that_is_kept_no_more_and_then_again_lets_nobody_back_in() {
    let scene = scene_with(listed()).await;
    let (tokens, ended) = (scene.signs_in("alice").await, scene.signs_in("alice").await);
    let off = restarts(&scene, settings()).await.unwrap();
    assert!(off.accepts(&tokens), "nobody asks for the list");
    assert_eq!(judged(&off, &forged(&off, "ses_0", off.head().await)), Ok("accepted".into()));
    let meanwhile = off.signs_in("bob").await;
    off.revokes(TargetRequest::Session(session_id(&ended))).await;
    // What ended meanwhile is held for as long as it was registered before.
    off.passes(20 * DAY);
    off.authority.maintain().await.unwrap();
    let on = restarts(&off, listed()).await.unwrap();
    let all = of_any_date(&on, &ended).await;
    assert!(all.iter().all(|one| *one == Ok("admin".into())), "{all:?}");
    let session = session_id(&meanwhile);
    assert!(!on.verifier.is_registered(&session, &subject("bob"), on.authority.now()), "idle for 20 days");
    let young = on.signs_in("bob").await;
    let off = restarts(&on, settings()).await.unwrap();
    let meanwhile = off.signs_in("carol").await;
    let on = restarts(&off, listed()).await.unwrap();
    assert!(on.accepts(&young) && on.accepts(&meanwhile), "opened while no list was kept");
}

#[tokio::test]
async fn what_an_undo_lets_live_is_registered_before_the_answer() {
    // S29: the sessions ended before the list was kept, and so were left out of it.
    let scene = scene().await;
    let (tokens, bob) = (scene.signs_in("alice").await, scene.signs_in("bob").await);
    let everybody = scene.revokes(TargetRequest::Issuer(None)).await;
    let carol = scene.signs_in("carol").await;
    let one = scene.revokes(TargetRequest::Session(session_id(&carol))).await;
    let dave = scene.signs_in("dave").await;
    let his = scene.revokes(TargetRequest::Subject(subject("dave"))).await;
    let on = restarts(&scene, listed()).await.unwrap();
    assert_eq!(on.verifier.registered_sessions(), 0);
    for (position, back) in [(everybody, vec![&tokens, &bob]), (one, vec![&carol]), (his, vec![&dave])] {
        assert!(matches!(undo(&on, position).await, Ok(UndoOutcome::Undone(_))));
        for tokens in back {
            assert!(on.accepts(tokens), "with the token that it had");
        }
    }
    assert_eq!(on.verifier.registered_sessions(), 4);
    assert!(matches!(undo(&on, his).await, Ok(UndoOutcome::Refused(_))));
    assert!(on.store.inner().is_allowlist_whole().await.unwrap());
}

#[tokio::test]
async fn an_undo_that_fails_at_any_step_leaves_no_session_out_for_good() {
    for step in 0..24_u64 {
        for restarted in [false, true] {
            let scene = scene().await;
            let tokens = scene.signs_in("alice").await;
            let position = scene.revokes(alice()).await;
            let on = restarts(&scene, listed()).await.unwrap();
            let half = step / 2;
            on.store.fail(if step % 2 == 0 { WhenToFail::Before(half) } else { WhenToFail::After(half) });
            let undone = undo(&on, position).await;
            on.store.fail(WhenToFail::Never);
            if undone.is_err() && restarted {
                let again = restarts(&on, listed()).await.unwrap();
                let _ = undo(&again, position).await.unwrap();
                assert!(again.accepts(&tokens), "step {step}");
            } else if undone.is_err() {
                let _ = undo(&on, position).await.unwrap();
                on.authority.maintain().await.unwrap();
                assert!(on.accepts(&tokens), "step {step}");
            } else {
                assert!(on.accepts(&tokens), "step {step}");
            }
            assert!(on.store.inner().is_allowlist_whole().await.unwrap(), "step {step}");
        }
    }
}

#[tokio::test]
async fn a_client_that_acts_for_itself_needs_no_session_and_passes() {
    // RFC 6749 section 4.4. What has a user and no session does not.
    let scene = scene_with(listed()).await;
    let ClientTokens::Granted(tokens) =
        scene.authority.client_credentials(&scene.client("job"), None).await.unwrap()
    else {
        panic!("not granted")
    };
    assert!(scene.accepts(&tokens));
    let now = scene.authority.now().seconds();
    let head = scene.head().await.number();
    // Nothing can come that would register it: however new it says it is, nobody waits for that.
    for position in [1, head, head + 1_000_000] {
        let nobodys = json!({
            "iss": ISSUER, "sub": "alice", "aud": API, "client_id": "web", "iat": now, "exp": now + 600,
            "jti": "tok_forged", "pos": position,
        });
        let judged = judged(&scene, &scene.forge(&nobodys).unwrap());
        assert_eq!(judged, Ok("not_registered".into()), "{position}");
    }
}

#[tokio::test]
async fn registrations_are_not_listed_as_revocations() {
    // Their positions are gaps in the list.
    let scene = scene_with(listed()).await;
    let first = scene.revokes(alice()).await;
    for number in 0..300 {
        scene.signs_in(&format!("u{number}")).await;
    }
    let second = scene.revokes(alice()).await;
    scene.signs_in("alice").await;
    let root = scene.root();
    let (mut before, mut listed) = (None, Vec::new());
    loop {
        let page = scene.authority.list_revocations(&root, before, 1).await.unwrap();
        listed.extend(page.entries.iter().map(|entry| entry.position));
        assert!(page.entries.iter().all(|entry| entry.fact.target.kind() != TargetKind::Registration));
        before = page.before;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(listed, [second, first]);
    let whole = scene.authority.list_revocations(&root, None, 200).await.unwrap();
    assert_eq!((whole.entries.len(), whole.before), (2, None));
}
