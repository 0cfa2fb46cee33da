//! Bringing an authority up.

use std::sync::Arc;
use std::time::Duration;

use quash_authority::testing::{InMemoryAuthority, WhenToFail};
use quash_authority::{Master, Masters, MastersError, StartError, TargetRequest};
use quash_core::session::grant::MasterId;
use quash_storage::ports::Maintenance as _;

use crate::scene::{START, Scene, scene, settings, subject};

#[tokio::test]
async fn a_restart_enforces_every_live_entry_before_it_answers() {
    // I3, S18: complete at start.
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    for number in 0..2_500 {
        scene.revokes(TargetRequest::Subject(subject(&format!("u{number}")))).await;
    }
    scene.revokes(TargetRequest::Subject(subject("alice"))).await;
    let again =
        InMemoryAuthority::start_over(Arc::clone(&scene.store), settings(), Arc::clone(&scene.clock), 2);
    let again = Scene(again.await.unwrap());
    assert_eq!(again.verifier.live_entries(), 2_501);
    assert_eq!(again.refuses(&tokens), "admin");
    assert_eq!(&*again.renewal_refused(&tokens).await.reason, "admin");
}

#[tokio::test]
async fn a_store_that_fails_at_any_step_of_the_start_starts_nothing_and_spoils_nothing() {
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    scene.revokes(TargetRequest::Subject(subject("alice"))).await;
    let start =
        || InMemoryAuthority::start_over(Arc::clone(&scene.store), settings(), Arc::clone(&scene.clock), 2);
    scene.store.fail(WhenToFail::Never);
    start().await.unwrap();
    let steps = scene.store.calls();
    assert!(steps > 5);
    for step in 0..steps {
        scene.store.fail(WhenToFail::Before(step));
        assert!(
            matches!(start().await, Err(StartError::Other(error)) if error.is_retryable()),
            "step {step}"
        );
    }
    scene.store.fail(WhenToFail::Never);
    assert_eq!(Scene(start().await.unwrap()).refuses(&tokens), "admin");
}

#[tokio::test]
async fn settings_that_can_not_work_are_refused_with_every_problem_at_once() {
    let mut bad = settings();
    bad.leeway = Duration::from_secs(61);
    bad.clients[0].audiences.clear();
    let Err(StartError::Settings(problems)) = InMemoryAuthority::start(bad, START, 1).await else {
        panic!("started")
    };
    let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["leeway", "clients.web.audiences"]);
}

#[tokio::test]
async fn the_horizons_of_the_settings_are_stored_and_only_grow() {
    let scene = scene().await;
    let horizons =
        scene.store.inner().raise_horizons(quash_storage::ports::Horizons::default()).await.unwrap();
    assert_eq!(horizons.access_token, Duration::from_secs(600));
    assert_eq!(horizons.session, Duration::from_secs(90 * 86_400));
}

#[test]
fn the_current_master_must_be_there_and_none_twice() {
    let master = || Master::from_random([1; 32]);
    assert_eq!(
        Masters::new(MasterId(2), [(MasterId(1), master())]).err(),
        Some(MastersError::CurrentIsMissing(MasterId(2)))
    );
    let twice = [(MasterId(1), master()), (MasterId(1), master())];
    assert_eq!(Masters::new(MasterId(1), twice).err(), Some(MastersError::Twice(MasterId(1))));
}
