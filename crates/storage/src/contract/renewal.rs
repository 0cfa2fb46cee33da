//! Renewals: what is written and what is not.

use std::sync::Arc;
use std::time::Duration;

use quash_core::ids::GrantId;
use quash_core::session::grant::Generation;
use quash_core::session::renewal::{Renewal, Verdict};
use quash_core::session::session::Over;
use quash_core::time::Timestamp;

use super::sample::{GRACE, IDLE, about, append, at, listed, open, renewed, sign_in, signed_in};
use crate::ports::Store;

/// Contract of `renew` for `Rotate` (S02).
pub async fn the_current_generation_is_rotated_and_the_rotation_is_kept(store: Arc<dyn Store>) {
    let (session, grant) = signed_in(&store, "alice", at(0)).await;
    let position = append(&store, about("bob", at(1))).await;
    let first = renewed(&store, &grant, 0, at(10)).await;
    assert!(matches!(first.verdict, Verdict::Rotate { alarm: false, .. }));
    assert_eq!(first.grant.generation, Generation(1));
    assert_eq!(first.grant.rotations, [at(10)]);
    assert_eq!(first.grant.opened_position, grant.opened_position, "a renewal opens nothing");
    assert_eq!(first.session.last_used_at, at(10));
    assert_eq!(first.position, position);
    let (held, of) = store.grant(&grant.id).await.unwrap().unwrap();
    assert_eq!((held, of.session), (first.grant, first.session));
    assert_eq!(renewed(&store, &grant, 1, at(11)).await.grant.generation, Generation(2));
    assert_eq!(listed(&store, &session).await.session.last_used_at, at(11));
}

/// S02, S03: within the grace, counted from the rotation.
pub async fn an_older_generation_within_the_grace_is_repeated_and_changes_nothing(store: Arc<dyn Store>) {
    let (_, grant) = signed_in(&store, "alice", at(0)).await;
    let rotated = renewed(&store, &grant, 0, at(10)).await;
    let last = Timestamp::from_milliseconds(at(10).plus(GRACE).milliseconds() - 1);
    let repeated = renewed(&store, &grant, 0, last).await;
    assert_eq!(repeated.verdict, Verdict::Repeat);
    assert_eq!((repeated.grant, repeated.session), (rotated.grant, rotated.session));
}

/// S02, S03: at the end of the grace it is reuse. The store reports it; the caller ends the session.
pub async fn an_older_generation_after_the_grace_is_reuse_and_changes_nothing(store: Arc<dyn Store>) {
    let (session, grant) = signed_in(&store, "alice", at(0)).await;
    let rotated = renewed(&store, &grant, 0, at(10)).await;
    let reused = renewed(&store, &grant, 0, at(10).plus(GRACE)).await;
    assert_eq!(reused.verdict, Verdict::Reuse);
    assert_eq!(reused.grant, rotated.grant);
    assert_eq!(listed(&store, &session).await.session, rotated.session);
}

/// Design section 5: the store lost writes.
pub async fn a_generation_ahead_of_the_row_is_adopted_with_an_alarm(store: Arc<dyn Store>) {
    let (_, grant) = signed_in(&store, "alice", at(0)).await;
    let adopted = renewed(&store, &grant, 5, at(10)).await;
    assert!(matches!(adopted.verdict, Verdict::Rotate { alarm: true, .. }));
    assert_eq!(adopted.grant.generation, Generation(6));
    assert_eq!(renewed(&store, &grant, 5, at(11)).await.verdict, Verdict::Repeat);
    assert_eq!(renewed(&store, &grant, 0, at(12)).await.verdict, Verdict::Reuse);
}

/// Not found is `None`.
pub async fn an_unknown_grant_is_no_error(store: Arc<dyn Store>) {
    let renewal = Renewal { presented: Generation(0), now: at(0), grace: GRACE };
    let unknown = GrantId::new("gra_unknown").unwrap();
    assert_eq!(store.renew(&unknown, renewal).await.unwrap(), None);
    assert!(store.grant(&unknown).await.unwrap().is_none());
}

/// S01, S04, S07: at the very instant of a limit.
pub async fn a_session_is_over_at_its_limits(store: Arc<dyn Store>) {
    let (_, grant) = signed_in(&store, "alice", at(0)).await;
    let last = Timestamp::from_milliseconds(at(0).plus(IDLE).milliseconds() - 1);
    assert!(matches!(renewed(&store, &grant, 0, last).await.verdict, Verdict::Rotate { .. }));
    assert_eq!(renewed(&store, &grant, 1, last.plus(IDLE)).await.verdict, Verdict::Over(Over::Idle));

    let mut new = sign_in("alice", at(0));
    new.session.absolute_end = at(100);
    let (_, grant) = open(&store, new).await;
    let last = Timestamp::from_milliseconds(at(100).milliseconds() - 1);
    assert!(matches!(renewed(&store, &grant, 0, last).await.verdict, Verdict::Rotate { .. }));
    assert_eq!(renewed(&store, &grant, 1, at(100)).await.verdict, Verdict::Over(Over::AbsoluteLimit));
}

/// I10: `last_used_at` never goes back.
pub async fn a_clock_that_goes_back_shortens_no_session(store: Arc<dyn Store>) {
    let (session, grant) = signed_in(&store, "alice", at(500)).await;
    let back = Timestamp::from_milliseconds(at(500).milliseconds() - 400_000);
    assert!(matches!(renewed(&store, &grant, 0, back).await.verdict, Verdict::Rotate { .. }));
    assert_eq!(listed(&store, &session).await.session.last_used_at, at(500));
    let late = at(500).plus(IDLE.checked_sub(Duration::from_millis(1)).unwrap());
    assert!(matches!(renewed(&store, &grant, 1, late).await.verdict, Verdict::Rotate { .. }));
}
