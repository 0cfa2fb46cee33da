//! Revocations that are made later: when, how often, and by whom (S25).

use std::time::Duration;

use quash_authority::{Error, RevocationRequest, ScheduleOutcome, StoredSchedule, TargetRequest, When};
use quash_core::ids::KeyId;
use quash_core::revocation::decide::TimeRules;

use crate::scene::{START, Scene, scene, session_id, settings, subject};

fn alice() -> RevocationRequest {
    RevocationRequest::end(TargetRequest::Subject(subject("alice")))
}

async fn scheduled(scene: &Scene, request: RevocationRequest, when: When) -> StoredSchedule {
    match scene.authority.schedule(&scene.root(), request, when).await.unwrap() {
        ScheduleOutcome::Scheduled(schedule) => *schedule,
        other => panic!("{other:?}"),
    }
}

async fn fires(scene: &Scene) -> u64 {
    scene.authority.fire_schedules().await.unwrap()
}

#[tokio::test]
async fn what_is_due_once_is_made_at_its_very_instant_and_once() {
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let at = START.plus(Duration::from_secs(100));
    let schedule = scheduled(&scene, alice(), When::At(at)).await;
    scene.passes(99);
    assert_eq!(fires(&scene).await, 0);
    assert!(scene.accepts(&tokens));
    let later = scene.signs_in("alice").await;
    scene.passes(1);
    assert_eq!((fires(&scene).await, fires(&scene).await), (1, 0));
    assert_eq!(scene.refuses(&tokens), "admin");
    assert_eq!(scene.refuses(&later), "admin", "it hits what was issued before it was made");
    assert_eq!(&*scene.renewal_refused(&tokens).await.reason, "admin");
    let made = scene.authority.list_revocations(&scene.root(), None, 1).await.unwrap().entries.remove(0).fact;
    assert_eq!((made.recorded_at, &*made.cause), (at, schedule.id.as_str()));
    let rules = settings().own_time_rules(settings().horizons());
    assert_eq!(made.retain_until, at.plus(TimeRules::retention(&rules)), "its times are told then");
    assert_eq!(scene.authority.list_schedules(&scene.root()).await.unwrap(), []);
    assert!(scene.accepts(&scene.signs_in("alice").await));
}

#[tokio::test]
async fn what_recurs_is_made_each_time_and_what_was_missed_once() {
    let scene = scene().await;
    let every = When::Every { first: None, every: Duration::from_secs(60) };
    scheduled(&scene, alice(), every).await;
    for _ in 0..3 {
        let tokens = scene.signs_in("alice").await;
        scene.passes(60);
        assert_eq!(fires(&scene).await, 1);
        assert_eq!(scene.refuses(&tokens), "admin");
    }
    let before = scene.head().await;
    scene.passes(600);
    assert_eq!((fires(&scene).await, fires(&scene).await), (1, 0), "ten times were missed");
    assert_eq!(scene.head().await, before.next().unwrap());
    let due_at = scene.authority.list_schedules(&scene.root()).await.unwrap()[0].due_at;
    assert_eq!(due_at, START.plus(Duration::from_secs(840)), "in step with the first time");
}

#[tokio::test]
async fn what_was_removed_is_not_made() {
    let scene = scene().await;
    let schedule = scheduled(&scene, alice(), When::At(START.plus(Duration::from_secs(5)))).await;
    assert!(scene.authority.delete_schedule(&scene.root(), &schedule.id).await.unwrap());
    scene.passes(10);
    assert_eq!(fires(&scene).await, 0);
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_one_schedule() {
    let scene = scene().await;
    let at = When::At(START.plus(Duration::from_secs(5)));
    let request = || RevocationRequest { idempotency: Some("again".into()), ..alice() };
    let first = scheduled(&scene, request(), at).await;
    assert_eq!(scheduled(&scene, request(), at).await, first);
    scheduled(&scene, alice(), at).await;
    assert_eq!(scene.authority.list_schedules(&scene.root()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_makes_no_sense_later_is_refused_and_names_the_field() {
    let scene = scene().await;
    let tokens = scene.signs_in("alice").await;
    let soon = When::At(START.plus(Duration::from_secs(5)));
    let session = RevocationRequest::end(TargetRequest::Session(session_id(&tokens)));
    let key = RevocationRequest::end(TargetRequest::Key(KeyId::new("key_1").unwrap()));
    let cases = [
        (key, soon, "target.type"),
        (RevocationRequest { expect_max: Some(1), ..alice() }, soon, "expect_max"),
        (alice(), When::At(START), "at"),
        (session, When::Every { first: None, every: Duration::from_secs(59) }, "every_seconds"),
    ];
    for (request, when, field) in cases {
        let refused = scene.authority.schedule(&scene.root(), request, when).await.unwrap_err();
        assert!(matches!(&refused, Error::Request(error) if error.field == field), "{refused:?}");
    }
    assert_eq!(scene.authority.list_schedules(&scene.root()).await.unwrap(), []);
}
