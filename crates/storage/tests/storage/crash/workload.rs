//! What is done to the store until the disk fails, and what the store said about it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use quash_core::ids::{GrantId, SessionId};
use quash_core::position::Position;
use quash_core::revocation::entry::{Entry, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::revocation::undo::Undoer;
use quash_core::session::grant::{Generation, Grant};
use quash_core::session::renewal::{Renewal, Verdict};
use quash_core::session::session::Session;
use quash_core::time::Timestamp;
use quash_storage::contract::sample::{self, about, at, entry, sign_in};
use quash_storage::crash::Disk;
use quash_storage::embedded::{EmbeddedStore, OpenError, OpenOptions};
use quash_storage::ports::{
    Append, Appended, Idempotency, Join, Joined, Maintenance, Opened, Renewed, RevocationLog,
    SessionRegistry, StoreError, Undo, Undone,
};
use tokio::task::JoinSet;

/// `SplitMix64`.
pub(in super::super) struct Random(pub(in super::super) u64);

impl Random {
    pub(in super::super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(in super::super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let index = self.next() % (from.len() as u64).max(1);
        from.get(usize::try_from(index).unwrap())
    }
}

/// Everything that the store acknowledged.
#[derive(Default)]
pub(super) struct Told {
    pub(super) entries: Vec<Entry>,
    /// Appended under a key, and where.
    pub(super) keyed: Vec<(Append, Position)>,
    /// Which entries were taken back, and by which.
    pub(super) undone: Vec<(Position, Entry)>,
    pub(super) sessions: Vec<Session>,
    /// By grant: its session, and the highest generation that was handed out.
    pub(super) generations: BTreeMap<GrantId, (SessionId, Generation)>,
    pub(super) ended: Vec<SessionId>,
    /// Sessions that were asked to be ended, whether or not that was acknowledged.
    pub(super) ending: Vec<SessionId>,
    /// The latest instant that a purge was asked for at, whether or not it was acknowledged.
    pub(super) purged_at: Timestamp,
    /// The highest head that was shown to anybody.
    pub(super) shown: Position,
}

pub(super) fn open(disk: &Disk) -> Result<EmbeddedStore, OpenError> {
    let options = OpenOptions::backend(disk.backend(), sample::own_issuer());
    options.cache_bytes(1 << 16).open(at(0), [7; 36])
}

/// A disk with a store that has some history, closed in order.
pub(super) async fn prepared() -> Disk {
    let disk = Disk::new();
    let store = open(&disk).unwrap();
    for user in 0..20 {
        store.open(sign_in(&format!("user{user}"), at(0))).await.unwrap();
        let append = Append::new(about("nobody", at(0)));
        store.append(append).await.unwrap();
    }
    store.close();
    disk
}

/// One thing to do.
enum Work {
    Append(Append),
    Open(Box<quash_storage::ports::NewSession>),
    Join(Join),
    Renew(GrantId, Renewal),
    Purge(Timestamp),
    Undo(Box<Entry>, Timestamp),
}

/// What came of it.
enum Done {
    Appended(Box<Append>, Appended),
    Opened(Opened),
    Joined(Joined),
    Renewed(Option<Box<Renewed>>),
    Purged,
    Undone(Box<Entry>, Timestamp, Undone),
}

fn undoer(at: Timestamp) -> Undoer {
    Undoer { at, reason: Reason::known(Reason::ADMIN), actor: "cred_suite".into(), cause: "undo".into() }
}

impl Work {
    async fn run(self, store: Arc<EmbeddedStore>) -> Result<Done, StoreError> {
        Ok(match self {
            Self::Append(append) => Done::Appended(Box::new(append.clone()), store.append(append).await?),
            Self::Open(new) => Done::Opened(store.open(*new).await?),
            Self::Join(join) => Done::Joined(store.join(join).await?),
            Self::Renew(grant, renewal) => Done::Renewed(store.renew(&grant, renewal).await?.map(Box::new)),
            Self::Purge(now) => {
                store.purge(now, Duration::ZERO).await?;
                Done::Purged
            }
            Self::Undo(entry, now) => {
                let window = Duration::from_secs(1_000_000);
                let undo = Undo { position: entry.position, undoer: undoer(now), window, idempotency: None };
                let undone = store.undo(undo).await?;
                Done::Undone(entry, now, undone)
            }
        })
    }
}

/// As [`run`], and then the store is gone.
pub(super) async fn until_it_fails(store: EmbeddedStore, random: &mut Random) -> Told {
    run(store, random).await.1
}

/// Works in rounds of calls that run side by side, until one is refused or the seed has had enough.
pub(super) async fn run(store: EmbeddedStore, random: &mut Random) -> (EmbeddedStore, Told) {
    let store = Arc::new(store);
    let mut told = Told { shown: store.head().await.unwrap().position, ..Told::default() };
    let mut heads = store.head_changes();
    for round in 1..=60 {
        let mut running = JoinSet::new();
        for _ in 0..=random.below(8) {
            let work = choose(&mut told, round, random);
            running.spawn(work.run(Arc::clone(&store)));
        }
        let mut failed = false;
        while let Some(outcome) = running.join_next().await {
            match outcome.unwrap() {
                Ok(done) => told.note(done),
                Err(StoreError::Unavailable(_)) => failed = true,
                Err(other) => panic!("a disk that fails is no damage: {other}"),
            }
            told.shown = told.shown.max(*heads.borrow_and_update());
        }
        if failed {
            break;
        }
    }
    (Arc::into_inner(store).unwrap(), told)
}

/// Chooses what to do next, in second `round` of the run.
fn choose(told: &mut Told, round: u64, random: &mut Random) -> Work {
    let now = at(round);
    let user = format!("user{}", random.below(30));
    match random.below(12) {
        0..3 if random.below(4) == 0 && !told.entries.is_empty() => {
            let ends_session = |entry: &&Entry| matches!(entry.fact.target, Target::Session(_));
            let entries: Vec<&Entry> = told.entries.iter().filter(|entry| !ends_session(entry)).collect();
            match random.pick(&entries) {
                Some(entry) => Work::Undo(Box::new((*entry).clone()), now),
                None => Work::Append(append(about(&user, now), random)),
            }
        }
        0..3 => Work::Append(append(about(&user, now), random)),
        3 => {
            let value = format!("role{}", random.below(3)).into();
            Work::Append(append(entry(Target::Claim { name: "role".into(), value }, now), random))
        }
        4..6 => match random.pick(&told.sessions) {
            Some(session) => {
                let id = session.id.clone();
                told.ending.push(id.clone());
                Work::Append(append(entry(Target::Session(id), now), random))
            }
            None => Work::Open(Box::new(sign_in(&user, now))),
        },
        6..8 => {
            let mut new = sign_in(&user, now);
            new.session.claims.insert("role".into(), serde_json::json!(["role1"]));
            Work::Open(Box::new(new))
        }
        8 => match random.pick(&told.sessions) {
            Some(session) => Work::Join(Join {
                grant: sample::grant(&session.id, "app", now),
                limit: None,
                act: sample::act(now),
            }),
            None => Work::Open(Box::new(sign_in(&user, now))),
        },
        9..11 => {
            let grants: Vec<_> = told.generations.iter().collect();
            match random.pick(&grants) {
                Some((grant, (_, generation))) => {
                    let renewal = Renewal { presented: *generation, now, grace: sample::GRACE };
                    Work::Renew((*grant).clone(), renewal)
                }
                None => Work::Open(Box::new(sign_in(&user, now))),
            }
        }
        _ => {
            told.purged_at = told.purged_at.max(now);
            Work::Purge(now)
        }
    }
}

/// An entry that is soon forgotten, or that is held for long; with a key or without.
fn append(fact: NewEntry, random: &mut Random) -> Append {
    let soon = fact.recorded_at.plus(Duration::from_secs(random.below(6)));
    let entry = match random.below(3) {
        0 => NewEntry { retain_until: soon, enforce_until: soon, ..fact },
        1 => NewEntry { retain_until: soon, ..fact },
        _ => fact,
    };
    let key = (random.below(2) == 0).then(|| format!("key{}", random.next()));
    let idempotency = key.map(|key| Idempotency { key: key.into(), request: [1; 32] });
    Append { idempotency, ..Append::new(entry) }
}

impl Told {
    fn note(&mut self, done: Done) {
        match done {
            Done::Appended(append, Appended::At { position, .. }) => self.note_entry(*append, position),
            Done::Opened(Opened::Open { session, grant, .. }) => {
                self.sessions.push(*session);
                self.note_grant(&grant);
            }
            Done::Joined(Joined::Open { grant, .. }) => self.note_grant(&grant),
            Done::Renewed(Some(renewed)) => {
                self.shown = self.shown.max(renewed.position);
                if matches!(renewed.verdict, Verdict::Rotate { .. }) {
                    self.note_grant(&renewed.grant);
                }
            }
            Done::Undone(entry, now, Undone::At(position)) => {
                let undo = Entry { position, fact: entry.undone_by(undoer(now)) };
                self.entries.push(undo.clone());
                self.undone.push((entry.position, undo));
            }
            _ => {}
        }
    }

    fn note_entry(&mut self, append: Append, position: Position) {
        if let Target::Session(id) = &append.entry.target {
            self.ended.push(id.clone());
        }
        self.entries.push(Entry { position, fact: append.entry.clone() });
        if append.idempotency.is_some() {
            self.keyed.push((append, position));
        }
    }

    fn note_grant(&mut self, grant: &Grant) {
        self.shown = self.shown.max(grant.opened_position);
        let handed_out = (grant.session.clone(), grant.generation);
        let highest = self.generations.entry(grant.id.clone()).or_insert_with(|| handed_out.clone());
        if handed_out.1 > highest.1 {
            *highest = handed_out;
        }
    }
}
