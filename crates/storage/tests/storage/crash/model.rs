//! Whether a store that came back has everything that it had acknowledged, and only whole changes.

use std::collections::BTreeMap;

use quash_core::ids::SessionId;
use quash_core::position::Position;
use quash_core::revocation::entry::Entry;
use quash_core::session::session::SessionState;
use quash_core::time::Timestamp;
use quash_storage::contract::sample::{about, at};
use quash_storage::crash::Disk;
use quash_storage::embedded::EmbeddedStore;
use quash_storage::ports::{Append, Appended, RevocationLog, SessionRegistry};

use super::workload::{self, Told};

fn ensure(holds: bool, wrong: impl Fn() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(wrong()) }
}

/// Opens the store on `disk` and holds it against what was acknowledged.
pub(super) async fn check(disk: &Disk, told: Told) -> Result<(), String> {
    let store = workload::open(disk).map_err(|error| format!("it does not open: {error}"))?;
    let head = store.head().await.unwrap().position;
    ensure(head >= told.shown, || format!("{} was shown, it came back with {head}", told.shown))?;
    // Indexes, checksums, and entries about sessions with the sessions' rows.
    store.check().await.map_err(|error| error.to_string())?;
    entries(&store, &told, head).await?;
    sessions(&store, &told).await?;
    goes_on(&store, &told, head).await?;
    store.close();
    Ok(())
}

/// Whether a purge at `purged_at` may have removed the entry.
fn may_be_gone(entry: &Entry, purged_at: Timestamp) -> bool {
    entry.fact.retain_until.max(entry.fact.enforce_until) <= purged_at
}

async fn entries(store: &EmbeddedStore, told: &Told, head: Position) -> Result<(), String> {
    let listed = store.entries_before(None, usize::MAX).await.unwrap();
    let entries: BTreeMap<Position, Entry> =
        listed.into_iter().map(|entry| (entry.position, entry)).collect();
    for entry in &told.entries {
        let position = entry.position;
        match entries.get(&position) {
            Some(kept) => ensure(kept == entry, || format!("{position} came back as another entry"))?,
            None => ensure(may_be_gone(entry, told.purged_at), || format!("{position} is lost"))?,
        }
    }
    for (position, undo) in &told.undone {
        let found = store.undone(*position, *position).await.unwrap();
        let kept = found == [(*position, undo.position)] || may_be_gone(undo, told.purged_at);
        ensure(kept, || format!("{position} was undone at {} and comes back", undo.position))?;
    }
    // Gapless: where nothing can have been purged, every position up to the head is there.
    if told.purged_at == Timestamp::EPOCH {
        let origin = store.identity().await.unwrap().origin;
        let expected = head.number() - origin.number();
        ensure(entries.len() as u64 == expected, || format!("{} entries up to {head}", entries.len()))?;
    }
    Ok(())
}

/// In this test an ended session is purged at once, the end acknowledged or not; no other one ever is.
fn may_be_purged(told: &Told, session: &SessionId) -> bool {
    told.purged_at > Timestamp::EPOCH && told.ending.contains(session)
}

async fn sessions(store: &EmbeddedStore, told: &Told) -> Result<(), String> {
    for session in &told.sessions {
        let id = &session.id;
        let ended = told.ended.contains(id);
        match store.session(id).await.unwrap() {
            Some(listed) => {
                let active = listed.session.state == SessionState::Active;
                ensure(!(ended && active), || format!("{id} was logged out and came back"))?;
                ensure(listed.session.opened_position == session.opened_position, || format!("{id} moved"))?;
            }
            None => ensure(may_be_purged(told, id), || format!("{id} is lost"))?,
        }
    }
    for (grant, (session, generation)) in &told.generations {
        match store.grant(grant).await.unwrap() {
            Some((held, _)) => ensure(held.generation >= *generation, || {
                format!("{grant} came back at {:?}, {generation:?} was handed out", held.generation)
            })?,
            None => ensure(may_be_purged(told, session), || format!("{grant} is lost"))?,
        }
    }
    Ok(())
}

/// Retries find what they did, and new entries take new positions.
async fn goes_on(store: &EmbeddedStore, told: &Told, head: Position) -> Result<(), String> {
    for (append, position) in &told.keyed {
        let again = store.append(append.clone()).await.unwrap();
        let expected = Appended::Before { position: *position, matched: None };
        ensure(again == expected, || format!("the retry of {position} is {again:?}"))?;
    }
    let append = Append::new(about("alice", at(100)));
    let next = store.append(append).await.unwrap();
    let expected = Appended::At { position: head.next().unwrap(), matched: None };
    ensure(next == expected, || format!("after {head} comes {next:?}"))
}
