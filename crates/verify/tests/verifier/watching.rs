//! Being told when a token is revoked (design section 3, I11).

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use quash_core::ids::{SessionId, TokenId};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Exception};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::state::RevocationState;
use quash_core::revocation::target::Target;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;
use quash_verify::{Mode, VerifiedToken, Verifier, Watch, WatchEnd};
use serde_json::{Value, json};

use crate::support::{
    EntryOf, HEAD, NOW, World, end, foreign_config, log_key, own_config, signing_key, target,
};

fn token(world: &World, claims: &Value) -> Arc<VerifiedToken> {
    world.check(&world.own(claims), NOW).accepted().unwrap().to_arc()
}

fn watch(world: &World) -> Watch {
    world.verifier.watch(&token(world, &json!({ "roles": ["admin"], "auth_time": NOW - 50 })))
}

fn has_ended(watch: &Watch) -> bool {
    watch.ended().is_some()
}

/// Counts how often it is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn every_kind_of_entry_that_ends_a_token_ends_its_watch() {
    let targets = [
        target::token("tok_1"),
        target::session("ses_1"),
        target::subject("alice"),
        target::device("alice", "dev_1"),
        target::client("web"),
        target::claim("roles", "admin"),
        target::key("own-1"),
        Target::Issuer,
    ];
    for target in targets {
        let world = World::new();
        let watch = watch(&world);
        let position = world.revoke(end(target).because("kicked"));
        let ended = watch.ended().unwrap();
        assert_eq!((ended.reason.as_str(), ended.position), ("kicked", Some(position)));
    }
}

#[test]
fn a_token_without_an_id_is_watched_by_its_digest() {
    let world = World::new();
    let text = world.foreign(&json!({ "jti": null }));
    let token = world.check(&text, NOW).accepted().unwrap().to_arc();
    let watch = world.verifier.watch(&token);
    world.revoke(end(Target::TokenDigest(*token.digest().unwrap())).foreign());
    assert!(has_ended(&watch));
}

#[test]
fn other_tokens_renewals_and_the_end_of_the_token_s_life_end_no_watch() {
    let world = World::new();
    let watch = watch(&world);
    let others = [
        target::token("tok_2"),
        target::session("ses_2"),
        target::subject("bob"),
        target::device("alice", "dev_2"),
        target::device("bob", "dev_1"),
        target::client("mobile"),
        target::claim("roles", "reader"),
        target::claim("groups", "admin"),
        target::key("own-2"),
    ];
    for other in others {
        world.revoke(end(other));
    }
    for mine in [target::subject("alice"), target::device("alice", "dev_1"), Target::Issuer] {
        world.revoke(end(mine.clone()).effect(Effect::Refresh));
        world.revoke(end(mine).foreign());
    }
    // A rotation: the next token of the same session; then the end of the first one's life.
    token(&world, &json!({ "jti": "tok_3", "pos": world.verifier.watermark() }));
    world.revoke(end(target::session("ses_1")).effect(Effect::Refresh));
    world.verifier.purge(Timestamp::from_seconds(NOW + 100_000));
    assert!(!has_ended(&watch));
    let late = end(target::session("ses_1")).recorded(NOW + 100_000).retained(NOW + 100_700);
    world.revoke(late);
    assert!(has_ended(&watch), "whatever the token's own life");
}

#[test]
fn positions_windows_and_exceptions_are_respected() {
    let world = World::new();
    let watch = watch(&world);
    world.verifier.advance(Position::new(HEAD + 100).unwrap());
    let alice = || end(target::subject("alice"));
    let spared = [
        alice().except(Exception::Session(SessionId::new("ses_1").unwrap())),
        alice().except(Exception::Token(TokenId::new("tok_1").unwrap())),
        alice().between(NOW - 49, NOW),
        alice().between(NOW - 100, NOW - 51),
    ];
    for entry in spared {
        world.revoke(entry);
    }
    assert!(!has_ended(&watch));
    let newer = token(&world, &json!({ "jti": "n", "pos": world.verifier.watermark() }));
    let newer = world.verifier.watch(&newer);
    world.verifier.absorb(&[alice().at(Position::new(HEAD + 50).unwrap()).record(&log_key())]);
    assert!(has_ended(&watch) && !has_ended(&newer), "issued after the entry");
    let newer_too = alice().except(Exception::Session(SessionId::new("ses_2").unwrap())).between(NOW, NOW);
    world.revoke(newer_too);
    assert!(has_ended(&newer));
}

/// A way for an entry to come.
type Way<'a> = &'a dyn Fn(&Verifier, EntryOf);

#[test]
fn whichever_way_an_entry_comes_it_ends_the_watch() {
    let record =
        |entry: EntryOf, position: u64| entry.at(Position::new(position).unwrap()).record(&log_key());
    let ways: [Way<'_>; 3] = [
        &|verifier, entry| verifier.apply_record(&record(entry, HEAD + 1)).unwrap(),
        &|verifier, entry| {
            let many = (1..2_000).map(|number| record(end(target::session("another")), HEAD + number));
            let mut many: Vec<_> = many.collect();
            many.push(record(entry, HEAD + 2_000));
            verifier.apply_records(&many);
        },
        &|verifier, entry| verifier.absorb(&[record(entry, HEAD - 1)]),
    ];
    for end_by in ways {
        let world = World::new();
        let watch = watch(&world);
        end_by(&world.verifier, end(target::session("ses_1")));
        assert!(has_ended(&watch));
    }
}

#[test]
fn a_watch_of_a_token_that_was_revoked_meanwhile_has_ended_already() {
    let world = World::new();
    let token = token(&world, &json!({}));
    world.revoke(end(target::subject("alice")));
    let after = RevocationState::new(LogKey::from_random([2; 16]), Position::new(2 * HEAD).unwrap());
    assert!(has_ended(&world.verifier.watch(&token)));
    world.verifier.install(after).unwrap();
    assert!(has_ended(&world.verifier.watch(&token)), "by an entry of the log before");
    assert_eq!(world.verifier.watches(), 0);
}

#[test]
fn a_watch_goes_on_when_another_log_is_followed() {
    let world = World::new();
    let (ended_by_snapshot, ended_later, lives) = (
        world.verifier.watch(&token(&world, &json!({ "sid": "a" }))),
        world.verifier.watch(&token(&world, &json!({ "sid": "b" }))),
        world.verifier.watch(&token(&world, &json!({ "sid": "c" }))),
    );
    let next = RevocationState::new(LogKey::from_random([2; 16]), Position::new(2 * HEAD).unwrap());
    let snapshot = end(target::session("a")).at(Position::new(2 * HEAD + 1).unwrap());
    next.absorb(&[snapshot.record(next.log_key())]);
    world.verifier.install(next).unwrap();
    assert!(has_ended(&ended_by_snapshot) && !has_ended(&ended_later));
    world.revoke(end(target::session("b")));
    assert!(has_ended(&ended_later) && !has_ended(&lives));
}

#[test]
fn a_gap_in_the_feed_can_end_every_watch() {
    let world = World::new();
    let watches: Vec<_> = (0..5).map(|_| watch(&world)).collect();
    world.verifier.resolve_all_watches(&Reason::known(WatchEnd::FEED_GAP));
    for watch in &watches {
        let ended = watch.ended().unwrap();
        assert_eq!((ended.reason.as_str(), ended.position), ("feed_gap", None));
    }
    assert_eq!(world.verifier.watches(), 0);
    assert!(!has_ended(&watch(&world)), "those that come later are not concerned");
}

#[test]
fn entries_about_an_observed_issuer_end_no_watch() {
    // S54: what would be refused is counted, and goes on.
    let (own, foreign) = (signing_key(1, "own-1"), signing_key(2, "foreign-1"));
    let observed = foreign_config(&foreign).with_mode(Mode::Observe);
    let builder = Verifier::builder().issuer(own_config(&own)).issuer(observed);
    let verifier = builder.build(log_key(), Position::new(HEAD).unwrap()).unwrap();
    let world = World { own_key: own, foreign_key: foreign, verifier };
    let token = world.check(&world.foreign(&json!({})), NOW).accepted().unwrap().to_arc();
    let before = world.verifier.watch(&token);
    world.revoke(end(target::subject("alice")).foreign());
    assert!(!has_ended(&before) && !has_ended(&world.verifier.watch(&token)));
}

#[test]
fn memory_follows_the_watches_that_are_held() {
    // I8
    let world = World::new();
    let mut watches: Vec<_> = (0..100).map(|_| watch(&world)).collect();
    assert_eq!(world.verifier.watches(), 100);
    watches.truncate(30);
    assert_eq!(world.verifier.watches(), 30);
    world.revoke(end(target::subject("alice")));
    assert_eq!(world.verifier.watches(), 0, "ended ones are not kept");
    assert!(watches.iter().all(has_ended));
    drop(watches);
    assert_eq!(world.verifier.watches(), 0);
}

#[test]
fn whoever_waits_is_woken_once() {
    let world = World::new();
    let mut watch = pin!(watch(&world));
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let mut context = Context::from_waker(&waker);
    for _ in 0..3 {
        assert_eq!(watch.as_mut().poll(&mut context), Poll::Pending);
    }
    world.revoke(end(target::session("another")));
    assert_eq!(count.0.load(Ordering::SeqCst), 0);
    world.revoke(end(target::session("ses_1")));
    world.revoke(end(target::subject("alice")));
    assert_eq!(count.0.load(Ordering::SeqCst), 1);
    let Poll::Ready(ended) = watch.as_mut().poll(&mut context) else { panic!("woken for nothing") };
    assert_eq!((Some(ended.clone()), ended.reason.as_str()), (watch.ended(), "admin"));
}

/// Drops another watch, polls its own and watches anew, at the moment that it is woken.
struct Meddler {
    world: World,
    token: Arc<VerifiedToken>,
    own: std::sync::Mutex<Option<std::pin::Pin<Box<Watch>>>>,
    other: std::sync::Mutex<Option<Watch>>,
    done: AtomicBool,
}

impl Wake for Meddler {
    fn wake(self: Arc<Self>) {
        drop(self.other.lock().unwrap().take());
        let mut own = self.own.lock().unwrap().take().unwrap();
        let mut context = Context::from_waker(Waker::noop());
        assert!(own.as_mut().poll(&mut context).is_ready());
        assert!(has_ended(&self.world.verifier.watch(&self.token)));
        self.done.store(true, Ordering::SeqCst);
    }
}

#[test]
fn whoever_is_woken_may_do_anything_at_once() {
    // No lock is held by the one that wakes: this would hang.
    let world = World::new();
    let (own, other) = (Box::pin(watch(&world)), watch(&world));
    let token = token(&world, &json!({}));
    let meddler = Arc::new(Meddler {
        world,
        token,
        own: Some(own).into(),
        other: Some(other).into(),
        done: AtomicBool::new(false),
    });
    let waker = Waker::from(Arc::clone(&meddler));
    let mut own = meddler.own.lock().unwrap();
    assert!(own.as_mut().unwrap().as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(own);
    meddler.world.revoke(end(target::session("ses_1")));
    assert!(meddler.done.load(Ordering::SeqCst));
}

/// Wakes a thread.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a watch without a runtime. A lost wake-up would hang here for ever.
fn wait(watch: Watch) -> WatchEnd {
    let mut watch = pin!(watch);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(end) = watch.as_mut().poll(&mut context) {
            return end;
        }
        thread::park();
    }
}

#[test]
fn no_wake_up_is_lost_when_a_watch_and_its_entry_come_at_once() {
    const ROUNDS: usize = 2_000;
    let world = World::new();
    let id = |number: usize| number.to_string();
    let tokens: Vec<_> =
        (0..ROUNDS).map(|number| token(&world, &json!({ "sid": id(number), "jti": id(number) }))).collect();
    let turn = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..ROUNDS {
                while turn.load(Ordering::Acquire) < number {
                    std::hint::spin_loop();
                }
                // A log that takes the place of the one before, now and then, at that very moment.
                if number % 100 == 99 {
                    let log = u8::try_from(number / 100 + 2).unwrap();
                    let origin = Position::new(world.verifier.watermark().number() + 10_000).unwrap();
                    let state = RevocationState::new(LogKey::from_random([log; 16]), origin);
                    world.verifier.purge(Timestamp::from_seconds(NOW + 1 + number as u64));
                    world.verifier.install(state).unwrap();
                }
                let retained = NOW + 1 + (number - number % 100) as u64 + 100;
                world.revoke(end(target::session(&id(number))).retained(retained));
            }
        });
        for (number, token) in tokens.iter().enumerate() {
            turn.store(number, Ordering::Release);
            for _ in 0..number % 50 {
                std::hint::spin_loop();
            }
            assert_eq!(wait(world.verifier.watch(token)).reason.as_str(), "admin");
        }
    });
    assert_eq!(world.verifier.watches(), 0);
}
