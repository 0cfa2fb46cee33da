//! Leases: recorded before they count, counted again after a restart, waited for to the nanosecond (design section 3).

use std::sync::Arc;
use std::time::Duration;

use quash_authority::testing::{InMemoryAuthority, ManualUptime, WhenToFail};
use quash_authority::{
    Error, Feed, Lease, LeaseRequest, Propagation, TargetRequest, UptimeClock as _, VerifierPage,
};
use quash_core::lease::Instance;
use quash_core::position::Position;
use quash_storage::ports::{Role, VerifierRegistry as _};
use tokio::task::JoinHandle;

use crate::scene::{Scene, scene, settings, subject};

const LEASE: Duration = Duration::from_secs(10);
/// A lease and its margin.
const WHOLE: Duration = Duration::from_millis(10_100);
const NANOSECOND: Duration = Duration::from_nanos(1);
const LONG: Duration = Duration::from_secs(120);

pub(crate) fn request(name: &str, number: u8) -> LeaseRequest {
    LeaseRequest {
        instance: Instance::from_random([number; 16]),
        name: name.into(),
        max_staleness: LEASE,
        unfenced: false,
        relay: false,
    }
}

impl Scene {
    pub(crate) fn feed(&self) -> Feed {
        self.authority.open_feed(&self.root()).unwrap()
    }

    /// A verifier that was answered just now.
    pub(crate) async fn follower(&self, name: &str, number: u8) -> Lease {
        let lease = self.feed().open_lease(request(name, number)).await.unwrap();
        lease.answer_ping(self.uptime.uptime());
        lease
    }

    async fn revokes_alice(&self) -> Position {
        self.revokes(TargetRequest::Subject(subject("alice"))).await
    }

    /// Begins to wait, and returns once it does.
    async fn waits(&self, position: Position, timeout: Duration) -> JoinHandle<Propagation> {
        let authority = Arc::clone(&self.authority);
        let waiting = tokio::spawn(async move { authority.await_everywhere(position, timeout).await });
        settle().await;
        waiting
    }

    fn listed(&self) -> usize {
        let page = VerifierPage { after: None, limit: 100 };
        self.authority.list_verifiers(&self.root(), page).unwrap().items.len()
    }

    /// The same authority after a restart, on a machine that has been running for a while.
    async fn restarts(&self) -> Scene {
        let again =
            InMemoryAuthority::start_over(Arc::clone(&self.store), settings(), Arc::clone(&self.clock), 2);
        Scene(again.await.unwrap())
    }
}

/// Lets whoever can go on do so.
pub(crate) async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// Whether somebody who waits still waits a nanosecond before `span` is over, and no longer when it is.
async fn returns_exactly_after<T>(uptime: &ManualUptime, span: Duration, waiting: &JoinHandle<T>) {
    uptime.advance(span.checked_sub(NANOSECOND).unwrap());
    settle().await;
    assert!(!waiting.is_finished(), "too early");
    uptime.advance(NANOSECOND);
    settle().await;
    assert!(waiting.is_finished(), "too late");
}

#[tokio::test]
async fn a_wait_ends_at_the_very_nanosecond_at_which_the_last_lease_and_its_margin_are_over() {
    // I1'
    let scene = scene().await;
    let _silent = scene.follower("silent", 1).await;
    scene.uptime.advance(Duration::from_secs(1));
    let position = scene.revokes_alice().await;
    let waiting = scene.waits(position, LONG).await;
    returns_exactly_after(&scene.uptime, WHOLE.checked_sub(Duration::from_secs(1)).unwrap(), &waiting).await;
    let propagation = waiting.await.unwrap();
    assert!(propagation.complete && propagation.applied.is_empty() && propagation.pending.is_empty());
    assert_eq!(scene.authority.counts().everywhere_complete, 1);
}

#[tokio::test]
async fn a_wait_ends_with_the_last_acknowledgement() {
    let scene = scene().await;
    let (one, two) = (scene.follower("one", 1).await, scene.follower("two", 2).await);
    let position = scene.revokes_alice().await;
    let waiting = scene.waits(position, LONG).await;
    one.acknowledge(position, 0);
    two.acknowledge(scene.feed().head(), 0);
    let propagation = waiting.await.unwrap();
    assert_eq!((propagation.complete, propagation.applied.len()), (true, 2));
    assert_eq!(propagation.applied[0].at, crate::scene::START);
    // And who waits when all is done already does not wait at all.
    assert!(scene.authority.await_everywhere(position, Duration::ZERO).await.complete);
}

#[tokio::test]
async fn an_answer_given_after_the_entry_does_not_prolong_the_wait() {
    let scene = scene().await;
    let follower = scene.follower("edge", 1).await;
    let position = scene.revokes_alice().await;
    let waiting = scene.waits(position, LONG).await;
    scene.uptime.advance(Duration::from_secs(5));
    let answer = follower.answer_ping(scene.uptime.uptime());
    assert_eq!(answer.head, position, "on this answer nothing is accepted without the entry");
    returns_exactly_after(&scene.uptime, WHOLE.checked_sub(Duration::from_secs(5)).unwrap(), &waiting).await;
}

#[tokio::test]
async fn a_verifier_that_comes_after_the_entry_does_not_count() {
    let scene = scene().await;
    let position = scene.revokes_alice().await;
    let waiting = scene.waits(position, LONG).await;
    assert!(waiting.is_finished(), "nobody was there");
    // One that said hello before, and was first answered after.
    let early = scene.feed().open_lease(request("early", 1)).await.unwrap();
    let position = scene.revokes_alice().await;
    let propagation = scene.authority.await_everywhere(position, Duration::ZERO).await;
    assert!(propagation.complete, "{propagation:?}");
    assert_eq!(early.answer_ping(scene.uptime.uptime()).head, position);
}

#[tokio::test]
async fn who_is_missing_at_the_timeout_is_named() {
    let scene = scene().await;
    let silent = scene.follower("silent", 1).await;
    let position = scene.revokes_alice().await;
    let waiting = scene.waits(position, Duration::from_secs(3)).await;
    returns_exactly_after(&scene.uptime, Duration::from_secs(3), &waiting).await;
    let propagation = waiting.await.unwrap();
    assert!(!propagation.complete);
    let missing = &propagation.pending[0];
    assert_eq!(
        (&*missing.name, missing.ends_in),
        ("silent", WHOLE.checked_sub(Duration::from_secs(3)).unwrap())
    );
    assert_eq!(&missing.instance, silent.instance());
    assert_eq!(scene.authority.counts().everywhere_incomplete, 1);
}

#[tokio::test]
async fn a_timeout_at_the_very_end_of_the_lease_finds_it_over() {
    let scene = scene().await;
    let _silent = scene.follower("silent", 1).await;
    let position = scene.revokes_alice().await;
    let waiting = scene.waits(position, WHOLE).await;
    scene.uptime.advance(WHOLE);
    assert!(waiting.await.unwrap().complete);
}

#[tokio::test]
async fn an_unfenced_verifier_is_reported_by_name() {
    let scene = scene().await;
    let lax = LeaseRequest { unfenced: true, ..request("lax", 1) };
    let lax = scene.feed().open_lease(lax).await.unwrap();
    lax.answer_ping(scene.uptime.uptime());
    let position = scene.revokes_alice().await;
    let waiting = scene.waits(position, LONG).await;
    returns_exactly_after(&scene.uptime, WHOLE, &waiting).await;
    let propagation = waiting.await.unwrap();
    assert!(!propagation.complete, "it may accept still");
    assert_eq!(&*propagation.unfenced[0].name, "lax");
    lax.acknowledge(position, 0);
    let propagation = scene.authority.await_everywhere(position, Duration::ZERO).await;
    assert!(propagation.complete && propagation.unfenced.is_empty());
    // It is kept for a day after it was last heard of, over restarts too.
    drop(lax);
    scene.uptime.advance(Duration::from_secs(24 * 3600).checked_sub(NANOSECOND).unwrap());
    assert_eq!(scene.authority.maintain().await.unwrap().verifiers, 0);
    scene.uptime.advance(NANOSECOND);
    assert_eq!(scene.authority.maintain().await.unwrap().verifiers, 1);
}

#[tokio::test]
async fn a_lease_is_at_most_a_minute() {
    let scene = scene().await;
    let greedy = LeaseRequest { max_staleness: Duration::from_secs(3600), ..request("greedy", 1) };
    let lease = scene.feed().open_lease(greedy).await.unwrap();
    assert_eq!(lease.length(), Duration::from_secs(60));
    assert_eq!(scene.store.inner().verifiers().await.unwrap()[0].lease, Duration::from_secs(60));
    assert_eq!(scene.follower("modest", 2).await.length(), LEASE);
}

#[tokio::test]
async fn a_verifier_is_recorded_before_there_is_a_lease_and_none_is_granted_without_a_record() {
    let scene = scene().await;
    scene.store.fail(WhenToFail::Always);
    let refused = scene.feed().open_lease(request("edge", 1)).await;
    assert!(matches!(refused, Err(Error::Store(_))), "{refused:?}");
    assert_eq!(scene.listed(), 0);
    scene.store.fail(WhenToFail::Never);
    let lease = scene.feed().open_lease(request("edge", 1)).await.unwrap();
    assert_eq!(scene.store.inner().verifiers().await.unwrap()[0].instance, *lease.instance());
    // One that comes back under the same terms costs no write, and needs no store.
    scene.store.fail(WhenToFail::Always);
    drop(lease);
    assert!(scene.feed().open_lease(request("edge", 1)).await.is_ok());
    // Under other terms it does.
    let longer = LeaseRequest { max_staleness: Duration::from_secs(20), ..request("edge", 1) };
    assert!(scene.feed().open_lease(longer).await.is_err());
}

#[tokio::test]
async fn after_a_restart_former_leases_count_until_one_lease_and_margin_have_passed() {
    // Design section 3
    let before = scene().await;
    let _silent = before.follower("silent", 1).await;
    let scene = before.restarts().await;
    let position = scene.revokes_alice().await;
    let waiting = scene.waits(position, LONG).await;
    returns_exactly_after(&scene.uptime, WHOLE, &waiting).await;
    assert!(waiting.await.unwrap().complete);
    // Then it is forgotten, and the next start does not count it.
    assert_eq!(scene.authority.maintain().await.unwrap().verifiers, 1);
    let again = scene.restarts().await;
    assert!(again.waits(position, LONG).await.await.unwrap().complete);
    assert_eq!(again.listed(), 0);
}

#[tokio::test]
async fn after_a_restart_an_acknowledgement_of_the_same_instance_ends_the_wait() {
    let before = scene().await;
    let kept = before.follower("edge", 1).await;
    let scene = before.restarts().await;
    let position = scene.revokes_alice().await;
    let waiting = scene.waits(position, LONG).await;
    // Another run of the same process says nothing about what the first one accepts.
    let other = scene.follower("edge", 2).await;
    other.acknowledge(position, 0);
    settle().await;
    assert!(!waiting.is_finished());
    let back = scene.follower("edge", 1).await;
    settle().await;
    assert!(!waiting.is_finished(), "it has said hello, no more");
    back.acknowledge(position, 0);
    let propagation = waiting.await.unwrap();
    assert_eq!((propagation.complete, propagation.applied.len()), (true, 1), "the other one came later");
    drop(kept);
}

#[tokio::test]
async fn a_start_that_can_not_read_its_former_leases_is_no_start() {
    let before = scene().await;
    let _silent = before.follower("silent", 1).await;
    let mut refused = 0;
    for call in 0..20 {
        before.store.fail(WhenToFail::Before(call));
        let started = InMemoryAuthority::start_over(
            Arc::clone(&before.store),
            settings(),
            Arc::clone(&before.clock),
            2,
        );
        match started.await {
            Err(_) => refused += 1,
            Ok(started) => assert_eq!(Scene(started).listed(), 1, "the lease is counted"),
        }
    }
    assert!(refused > 5, "{refused}");
}

#[tokio::test]
async fn a_lease_ends_by_time_alone_and_its_record_goes_after_it() {
    let scene = scene().await;
    drop(scene.follower("edge", 1).await);
    scene.uptime.advance(WHOLE.checked_sub(NANOSECOND).unwrap());
    assert_eq!(scene.authority.maintain().await.unwrap().verifiers, 0);
    scene.uptime.advance(NANOSECOND);
    assert_eq!(scene.authority.maintain().await.unwrap().verifiers, 1);
    assert_eq!(scene.store.inner().verifiers().await.unwrap(), []);
    assert_eq!(scene.authority.counts().leases_over, 1);
    // A connected one stays, however long it was silent.
    let _here = scene.follower("here", 2).await;
    scene.uptime.advance(WHOLE * 3);
    assert_eq!(scene.authority.maintain().await.unwrap().verifiers, 0);
    assert_eq!(scene.store.inner().verifiers().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_can_not_have_been_applied_yet_is_not_acknowledged() {
    // I1: a watermark beyond the head would stand for entries that are still to come.
    let scene = scene().await;
    let liar = scene.follower("liar", 1).await;
    liar.acknowledge(Position::LAST, u64::MAX);
    let position = scene.revokes_alice().await;
    let propagation = scene.authority.await_everywhere(position, Duration::ZERO).await;
    assert!(!propagation.complete);
    assert_eq!(&*propagation.pending[0].name, "liar");
}

#[tokio::test]
async fn a_wait_that_is_dropped_leaves_nothing_behind() {
    let scene = scene().await;
    let follower = scene.follower("edge", 1).await;
    let position = scene.revokes_alice().await;
    for _ in 0..10 {
        let waiting = scene.waits(position, LONG).await;
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
    }
    assert_eq!(Arc::strong_count(&scene.authority), 2, "the scene and the lease hold it, nobody else");
    follower.acknowledge(position, 0);
    assert!(scene.authority.await_everywhere(position, Duration::ZERO).await.complete);
}

#[tokio::test]
async fn a_feed_is_for_those_who_may_follow_it_and_ends_with_their_credential() {
    // Attack row 37
    let scene = scene().await;
    let auditor = scene.caller(&[Role::Auditor], None).await;
    assert!(matches!(scene.authority.open_feed(&auditor), Err(Error::Forbidden(_))));
    let verifier = scene.caller(&[Role::Verifier], None).await;
    let feed = scene.authority.open_feed(&verifier).unwrap();
    assert!(feed.is_allowed());
    let mut changes = feed.trust_changes();
    changes.mark_unchanged();
    scene.authority.delete_credential(&scene.root(), verifier.id()).await.unwrap();
    assert!(changes.has_changed().unwrap() && !feed.is_allowed());
}

#[tokio::test]
async fn a_feed_reads_the_log_in_pages_up_to_the_durable_head() {
    let scene = scene().await;
    let feed = scene.feed();
    let origin = feed.identity().await.unwrap().origin;
    let (first, second) = (scene.revokes_alice().await, scene.revokes_alice().await);
    let page = feed.read_after(origin, 1).await.unwrap();
    assert_eq!((page.records.len(), page.through), (1, first));
    assert_eq!(feed.checksum_at(first).await.unwrap(), Some(page.checksum));
    let page = feed.read_after(first, 10).await.unwrap();
    assert_eq!((page.records.len(), page.through, feed.head()), (1, second, second));
    assert_eq!(*feed.head_changes().borrow(), second);
    // 600 s of life, 60 s of leeway, 5 s of skew.
    assert_eq!(feed.horizon(), Duration::from_secs(665));
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_no_wait_ends_before_everybody_has_the_entry() {
    // I1': followers that acknowledge what they were told, revocations in parallel, every wait complete and true.
    let scene = Arc::new(scene().await);
    let mut followers = Vec::new();
    for number in 1..=3 {
        let lease = scene.follower("edge", number).await;
        let scene = Arc::clone(&scene);
        followers.push(tokio::spawn(async move {
            loop {
                let head = lease.answer_ping(scene.uptime.uptime()).head;
                lease.acknowledge(head, 0);
                tokio::task::yield_now().await;
            }
        }));
    }
    let mut revoking = tokio::task::JoinSet::new();
    for number in 0..32 {
        let scene = Arc::clone(&scene);
        revoking.spawn(async move {
            let position = scene.revokes(TargetRequest::Subject(subject(&format!("user {number}")))).await;
            let propagation = scene.authority.await_everywhere(position, LONG).await;
            assert!(propagation.complete);
            assert!(propagation.applied.iter().all(|applied| applied.watermark >= position));
            assert_eq!(propagation.applied.len(), 3);
        });
    }
    while let Some(done) = revoking.join_next().await {
        done.unwrap();
    }
    followers.iter().for_each(JoinHandle::abort);
}
