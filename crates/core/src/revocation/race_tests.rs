//! The state under the eyes of readers while entries come, late or in order, pile up on one target, and are purged.
//!
//! I1: whoever knows of an entry before asking is never told "accept" by it while the token lives. I7: nobody else
//! is ever refused.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::claims::{Claims, Registered, Text};
use crate::ids::{Issuer, Subject};
use crate::position::Position;
use crate::revocation::decide::{Finding, TimeRules};
use crate::revocation::entry::{Effect, Entry, NewEntry};
use crate::revocation::reason::Reason;
use crate::revocation::standing::Standing;
use crate::revocation::state::RevocationState;
use crate::revocation::target::Target;
use crate::revocation::target_key::LogKey;
use crate::time::Timestamp;
use crate::verified::VerifiedClaims;

/// Few, so that each has many entries at once, none at all, and many again.
const SUBJECTS: usize = 40;
const ENTRIES: u64 = 30_000;
const START: u64 = 1_000_000;
/// Entries within one second.
const A_SECOND: u64 = 40;

const RULES: TimeRules = TimeRules {
    leeway: std::time::Duration::ZERO,
    future_skew: std::time::Duration::from_secs(1),
    longest_life: std::time::Duration::from_secs(20),
};

fn issuer() -> Issuer {
    Issuer::new("https://issuer.example").unwrap()
}

fn name(subject: usize) -> String {
    format!("subject {subject}")
}

fn entry(position: u64, now: Timestamp) -> Entry {
    let subject = usize::try_from(position * 7_919 / 13).unwrap() % SUBJECTS;
    let target = Target::Subject(Subject::new(name(subject)).unwrap());
    let fact = NewEntry {
        recorded_at: now,
        issuer: issuer(),
        target,
        // Both kinds, so that the strongest of several has to be found.
        effect: if position.is_multiple_of(3) { Effect::Refresh } else { Effect::End },
        spread: None,
        window: None,
        exception: None,
        retain_until: now.plus(RULES.retention()),
        enforce_until: now,
        undoes: None,
        reason: Reason::known(Reason::ADMIN),
        actor: "test".into(),
        cause: "test".into(),
    };
    Entry { position: Position::new(position).unwrap(), fact }
}

fn subject_of(entry: &Entry) -> usize {
    (0..SUBJECTS)
        .find(|subject| matches!(&entry.fact.target, Target::Subject(id) if id.as_str() == name(*subject)))
        .unwrap()
}

/// A token as an authority would issue it at `now`, when the log stands at `position`.
struct Token {
    position: u64,
    claims: VerifiedClaims,
    standing: Standing,
}

fn issue(state: &RevocationState, subject: &str, position: u64, now: Timestamp) -> Token {
    let registered = Registered {
        subject: Some(Text::decoded(subject)),
        issued_at: Some(now.seconds()),
        expires_at: now.seconds() + RULES.longest_life.as_secs(),
        position: Some(Position::new(position).unwrap()),
        ..Registered::default()
    };
    #[expect(clippy::disallowed_methods, reason = "these tests start where signatures are known to be good")]
    let claims =
        VerifiedClaims::assert_signature_was_checked(Claims::new("{}", registered), issuer(), None, None);
    let standing = Standing::new(&claims, &RULES, state.names_of(&claims));
    Token { position, claims, standing }
}

/// What all threads see.
struct Scene {
    state: RevocationState,
    clock: AtomicU64,
    /// The latest entry about each subject, written after it was applied.
    latest: Vec<AtomicU64>,
    done: AtomicBool,
}

impl Scene {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.clock.load(Ordering::Acquire))
    }

    fn accepts(&self, token: &Token, now: Timestamp) -> bool {
        token.standing.holds(&self.state, now)
            || matches!(
                token.standing.examine(&token.claims, &RULES, &self.state, now),
                Finding::Clear { .. }
            )
    }

    /// Asks for one subject's token until the writer is through; `false` when nothing could be told from it.
    fn ask(&self, token: &Token, subject: usize) -> bool {
        let known = self.latest[subject].load(Ordering::Acquire);
        let accepted = self.accepts(token, self.now());
        // A purge forgets what no living token can be hit by, so a token that died meanwhile proves nothing.
        let lives = token.standing.is_alive(self.now());
        assert!(!(accepted && lives && known > token.position), "{known} hits {}", token.position);
        known > token.position && lives
    }

    fn read(&self, seed: usize) -> u64 {
        let watermark = || self.state.watermark().number();
        // As the authority does: the clock is read first. A token dated later than its position could outlive entries.
        let issue_for = |subject| {
            let now = self.now();
            issue(&self.state, &name(subject), watermark(), now)
        };
        let mut tokens: Vec<Token> = (0..SUBJECTS).map(issue_for).collect();
        let mut spared = issue(&self.state, "nobody", 0, self.now());
        let (mut refused, mut subject) = (0, seed);
        while !self.done.load(Ordering::Acquire) {
            subject = (subject + 7) % SUBJECTS;
            let was_refused = self.ask(&tokens[subject], subject);
            refused += u64::from(was_refused);
            // Half of them are replaced at once, so that many good ones are about.
            let replaced = was_refused && subject.is_multiple_of(2);
            if replaced || !tokens[subject].standing.is_alive(self.now()) || refused.is_multiple_of(64) {
                tokens[subject] = issue_for(subject);
            }
            if !self.accepts(&spared, self.now()) {
                assert!(!spared.standing.is_alive(self.now()), "nobody was ever revoked");
                spared = issue(&self.state, "nobody", 0, self.now());
            }
        }
        refused
    }

    /// From here on readers know of `entry`.
    fn tell(&self, entry: &Entry) {
        self.latest[subject_of(entry)].fetch_max(entry.position.number(), Ordering::AcqRel);
    }

    /// Absorbs what came late, once there are `enough`.
    fn absorb(&self, late: &mut Vec<Entry>, enough: usize) {
        if late.len() >= enough {
            let records: Vec<_> = late.iter().map(|entry| entry.record(self.state.log_key())).collect();
            self.state.absorb(&records);
            late.drain(..).for_each(|entry| self.tell(&entry));
        }
    }

    fn write(&self) {
        let mut late = Vec::new();
        for position in 1..=ENTRIES {
            let entry = entry(position, self.now());
            if position.is_multiple_of(5) {
                // Comes late, when the watermark is beyond it already.
                late.push(entry);
                self.absorb(&mut late, 8);
            } else {
                self.state.apply(&entry.record(self.state.log_key())).unwrap();
                self.tell(&entry);
            }
            if position.is_multiple_of(A_SECOND) {
                self.clock.fetch_add(1, Ordering::AcqRel);
            }
            // Long silences now and then: everything goes, and comes back.
            if position.is_multiple_of(A_SECOND * 60) {
                self.clock.fetch_add(200, Ordering::AcqRel);
            }
            // Off the beat, so that a purge after a silence finds old entries beside fresh ones.
            if position % (A_SECOND * 2) == A_SECOND + 7 {
                self.state.purge(self.now());
            }
        }
        self.absorb(&mut late, 1);
        self.done.store(true, Ordering::Release);
    }
}

#[test]
fn no_reader_misses_an_entry_or_meets_a_false_one_while_entries_pile_up_and_go() {
    let scene = Scene {
        state: RevocationState::new(LogKey::from_random([5; 16]), Position::ZERO),
        clock: AtomicU64::new(START),
        latest: (0..SUBJECTS).map(|_| AtomicU64::new(0)).collect(),
        done: AtomicBool::new(false),
    };
    let refused: Vec<u64> = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..3)
            .map(|seed| {
                scope.spawn({
                    let scene = &scene;
                    move || scene.read(seed * 11)
                })
            })
            .collect();
        scene.write();
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    assert!(refused.iter().sum::<u64>() > 0, "no reader ever met an entry");
    scene.state.purge(Timestamp::from_seconds(START + 10 * ENTRIES));
    assert_eq!(scene.state.live_entries(), 0, "I8");
}

/// An entry that stands while others about the same subject come and are undone.
struct Flicker {
    state: RevocationState,
    done: AtomicBool,
}

impl Flicker {
    fn refuses(&self, token: &Token) -> bool {
        let now = Timestamp::from_seconds(START);
        !token.standing.holds(&self.state, now)
            && matches!(token.standing.examine(&token.claims, &RULES, &self.state, now), Finding::Refused(_))
    }

    /// One token older than the entry that stands, one newer than all, and one that only those can hit that flicker.
    fn read(&self) -> [u64; 2] {
        let at = |position| issue(&self.state, &name(0), position, Timestamp::from_seconds(START));
        let (old, new, between) = (at(1), at(u64::from(u32::MAX)), at(5));
        let mut seen = [0; 2];
        while !self.done.load(Ordering::Acquire) {
            assert!(self.refuses(&old), "the entry that nobody undid was missed");
            assert!(!self.refuses(&new), "refused for what came before it was issued");
            seen[usize::from(self.refuses(&between))] += 1;
        }
        assert!(!self.refuses(&between), "everything that hit it was undone");
        seen
    }

    fn write(&self) {
        let subject_zero = |position| {
            let target = Target::Subject(Subject::new(name(0)).unwrap());
            let Entry { fact, position } = entry(position, Timestamp::from_seconds(START));
            let fact = NewEntry { target, effect: Effect::End, ..fact };
            Entry { position, fact }
        };
        let undo = |undone: &Entry, position| {
            let fact = NewEntry { undoes: Some(undone.position), ..undone.fact.clone() };
            Entry { position: Position::new(position).unwrap(), fact }
        };
        let apply = |entry: &Entry| self.state.apply(&entry.record(self.state.log_key())).unwrap();
        for position in (10..ENTRIES).step_by(4) {
            let (one, other) = (subject_zero(position), subject_zero(position + 1));
            apply(&one);
            apply(&other);
            // In both orders.
            let (first, then) = if position % 8 < 4 { (&one, &other) } else { (&other, &one) };
            apply(&undo(first, position + 2));
            apply(&undo(then, position + 3));
            if position % 64 < 4 {
                self.state.purge(Timestamp::from_seconds(START));
            }
        }
        self.done.store(true, Ordering::Release);
    }
}

#[test]
fn no_reader_misses_the_entry_that_stands_while_others_of_its_target_are_undone() {
    // I5, I6, S29
    let flicker = Flicker {
        state: RevocationState::new(LogKey::from_random([5; 16]), Position::ZERO),
        done: AtomicBool::new(false),
    };
    let Entry { fact, position } = entry(3, Timestamp::from_seconds(START));
    let target = Target::Subject(Subject::new(name(0)).unwrap());
    let standing = Entry { position, fact: NewEntry { target, effect: Effect::End, ..fact } };
    flicker.state.apply(&standing.record(flicker.state.log_key())).unwrap();
    let seen: Vec<[u64; 2]> = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2).map(|_| scope.spawn(|| flicker.read())).collect();
        flicker.write();
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    let seen_by_all = |which: usize| seen.iter().map(|seen| seen[which]).sum::<u64>();
    assert!(seen_by_all(0) > 0 && seen_by_all(1) > 0, "no reader saw any of it come or go");
    assert_eq!(flicker.state.live_entries(), 1);
    assert_eq!(
        flicker.state.undone_entries(),
        usize::try_from((ENTRIES - 10).div_ceil(4) * 2).unwrap(),
        "I8"
    );
    flicker.state.purge(Timestamp::from_seconds(START + 10 * ENTRIES));
    assert_eq!((flicker.state.live_entries(), flicker.state.undone_entries()), (0, 0), "I8");
}
