//! Uses that verifiers saw (S05), on a clock that the test sets: an idle limit of 1,000 s and an absolute one of 3,000 s.

use std::future::{Future as _, poll_fn};
use std::task::Poll;
use std::time::Duration;

use quash_authority::settings::Lifetimes;
use quash_authority::testing::WhenToFail;
use quash_authority::{Clock as _, Error, Noted, Settings, TokenReply};
use quash_core::ids::{DeviceId, SessionId};
use quash_core::session::last_use::{LastUse, UsedBy};
use quash_core::time::Timestamp;
use quash_storage::ports::{Role, SessionRegistry as _};

use crate::scene::{START, Scene, client_id, scene_with, session_id, settings};

async fn idle() -> Scene {
    let seconds = Duration::from_secs;
    let lifetimes = Lifetimes { access: seconds(600), idle: seconds(1_000), absolute: seconds(3_000) };
    scene_with(Settings { lifetimes, ..settings() }).await
}

fn seen(scene: &Scene, tokens: &TokenReply, at: Timestamp) -> LastUse {
    let claims = scene.claims(tokens);
    let by = UsedBy {
        session: SessionId::new(claims.session().unwrap()).unwrap(),
        client: client_id(claims.client().unwrap()),
        device: Some(DeviceId::new(claims.device().unwrap()).unwrap()),
    };
    LastUse { by, at }
}

fn after(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

async fn last_used(scene: &Scene, tokens: &TokenReply) -> Timestamp {
    let listed = scene.store.session(&session_id(tokens)).await.unwrap().unwrap();
    listed.session.last_used_at
}

#[tokio::test]
async fn a_session_lives_one_idle_limit_from_its_last_reported_use_to_the_very_instant() {
    // S05, S07
    let scene = idle().await;
    let [used, unused] = [scene.signs_in("alice").await, scene.signs_in("bob").await];
    scene.passes(999);
    let noted = scene.authority.note_activity(vec![seen(&scene, &used, after(990))]).await.unwrap();
    assert_eq!(noted, Noted { noted: 1, ignored: 0 });
    scene.passes(1);
    assert_eq!(&*scene.renewal_refused(&unused).await.reason, "idle");
    scene.passes(989);
    let again = seen(&scene, &used, after(1_989));
    assert_eq!(scene.authority.note_activity(vec![again.clone()]).await.unwrap().noted, 1, "1989 < 1990");
    scene.passes(999);
    assert_eq!(scene.authority.note_activity(vec![again]).await.unwrap().noted, 1, "2988 < 2989");
    scene.passes(1);
    let late = seen(&scene, &used, after(2_988));
    assert_eq!(scene.authority.note_activity(vec![late]).await.unwrap().ignored, 1, "2989 is its idle end");
    assert_eq!(&*scene.renewal_refused(&used).await.reason, "idle", "and it stays over");
    assert_eq!(last_used(&scene, &used).await, after(1_989));
    let counts = scene.authority.counts();
    assert_eq!((counts.uses_noted, counts.uses_ignored), (3, 1));
}

#[tokio::test]
async fn no_report_goes_beyond_the_absolute_limit() {
    // S07
    let scene = idle().await;
    let tokens = scene.signs_in("alice").await;
    for _step in 0..3 {
        scene.passes(990);
        let now = scene.clock.now();
        scene.authority.note_activity(vec![seen(&scene, &tokens, now)]).await.unwrap();
    }
    scene.passes(30);
    assert_eq!(&*scene.renewal_refused(&tokens).await.reason, "absolute_limit");
}

#[tokio::test]
async fn a_report_of_thousands_is_noted_in_several_transactions() {
    // Whoever revokes meanwhile does not wait for all of it.
    let scene = idle().await;
    let tokens = scene.signs_in("alice").await;
    scene.passes(10);
    let unknown = |number: usize| {
        let session = SessionId::new(format!("ses_{number}")).unwrap();
        let known = seen(&scene, &tokens, after(5));
        LastUse { by: UsedBy { session, ..known.by }, at: known.at }
    };
    let mut uses: Vec<LastUse> = (0..1_000).map(unknown).collect();
    uses.push(seen(&scene, &tokens, after(5)));
    scene.store.fail(WhenToFail::Never);
    let noted = scene.authority.note_activity(uses.clone()).await.unwrap();
    assert_eq!((noted, scene.store.calls()), (Noted { noted: 1, ignored: 1_000 }, 4));
    assert_eq!(last_used(&scene, &tokens).await, after(5));
    scene.store.fail(WhenToFail::Before(2));
    assert!(matches!(scene.authority.note_activity(uses.clone()).await, Err(Error::Store(_))));
    scene.store.fail(WhenToFail::Never);
    assert_eq!(scene.authority.note_activity(uses).await.unwrap(), noted, "and again, to the same end");
}

#[tokio::test]
async fn however_many_report_at_once_no_more_than_256_uses_are_before_the_store() {
    // S05: the store takes what waits in one batch, so that whoever revokes waits for all of it.
    let scene = idle().await;
    let tokens = scene.signs_in("alice").await;
    scene.passes(10);
    for (uses, before_the_store) in [(100, 2), (256, 1), (1, 8)] {
        scene.store.fail(WhenToFail::Never);
        let report = || Box::pin(scene.authority.note_activity(vec![seen(&scene, &tokens, after(5)); uses]));
        let mut reports: Vec<_> = (0..8).map(|_| report()).collect();
        for report in &mut reports {
            let waits = poll_fn(|context| Poll::Ready(report.as_mut().poll(context).is_pending()));
            assert!(waits.await);
        }
        assert_eq!(scene.store.calls(), before_the_store, "of {uses} uses each");
        // One that is given up holds nobody up.
        drop(reports.remove(0));
        for report in reports {
            assert_eq!(report.await.unwrap().noted, uses as u64);
        }
    }
    assert_eq!(last_used(&scene, &tokens).await, after(5));
}

#[tokio::test]
async fn only_who_verifies_may_report() {
    // Attack row 37: a report keeps sessions alive.
    let scene = idle().await;
    let tokens = scene.signs_in("alice").await;
    let report = || vec![seen(&scene, &tokens, after(0))];
    let verifier = scene.caller(&[Role::Verifier], None).await;
    assert_eq!(scene.authority.report_activity(&verifier, report()).await.unwrap().noted, 1);
    for caller in [
        scene.caller(&[Role::Issuer, Role::Revoker, Role::Support, Role::Auditor], None).await,
        scene.caller(&[Role::Verifier], Some("web")).await,
    ] {
        let refused = scene.authority.report_activity(&caller, report()).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    }
}
