//! Restore: a backup continues as a new log, behind a guard.
//!
//! A backup does not know what was revoked after it was made. Whatever it would revive must therefore be ended
//! at once, unless the operator knows better.

use std::collections::BTreeSet;
use std::ops::{Bound, ControlFlow};
use std::path::Path;
use std::time::Duration;

use quash_core::ids::Issuer;
use quash_core::lease::{self, Instance};
use quash_core::position::{Head, LogId, Position};
use quash_core::revocation::entry::{Effect, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;
use redb::{ReadOnlyDatabase, ReadableDatabase};

use super::backup::{copy_all, write_new};
use super::damage::unless_damaged;
use super::error::{OpenError, RestoreError, store_error};
use super::open::{check_format, classify};
use super::tables::{ReadTables, WriteTables};
use crate::ports::{Append, KeyRing, KeyStage, LogIdentity, StoreError, StoredVerifier};
use crate::rows;
use crate::rows::meta::{HeadRow, Restore};
use crate::tables::keys::meta;
use crate::tables::{Direction, Read, Table, Write};
use crate::transaction::{Constants, Transaction};

/// What is done about revocations that were made after the backup and are lost with the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RestoreGuard {
    /// Everything issued before the restore is over: one entry about each issuer that the backup or the caller
    /// knows, the own one among them, and no signing key of the backup, for one of them may have been given up
    /// since. The keys of all subjects are rotated, for ever (S20). Everybody signs in again, and nothing that was revoked
    /// comes back.
    #[default]
    EndEverything,
    /// Sessions and tokens live on, those too that were revoked after the backup was made. Only for when
    /// nothing was, or when all of it is revoked again before the store is used, rotations of subjects' keys included.
    KeepSessions,
}

/// What a restore made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Where the new log stands.
    pub head: Head,
    /// How many service credentials came back: those too that were deleted after the backup was made.
    pub credentials: u64,
}

/// How much longer than any token or session can live the guard is held by verifiers: more than any leeway and skew.
const MARGIN: Duration = Duration::from_secs(600);

/// Makes a store at `into` from the backup at `backup`, as a new log made at `now` from 36 random bytes. A restored
/// log keeps its key. `issuers` are those whose tokens are judged
/// besides the own: [`RestoreGuard::EndEverything`] ends theirs too, also when the backup has no entry about them.
///
/// The new log starts above every position that the old one can have reached by `now`. Live entries, sessions
/// and credentials are there with their old positions, signing keys only where sessions are kept; a refresh token that is ahead of its restored row
/// is adopted when it is used.
///
/// # Errors
/// [`RestoreError`]; nothing is left at `into`.
pub fn restore(
    backup: &Path,
    into: &Path,
    now: Timestamp,
    random: [u8; 36],
    guard: RestoreGuard,
    issuers: &[Issuer],
) -> Result<Restored, RestoreError> {
    if into.try_exists().unwrap_or(true) {
        return Err(RestoreError::TargetExists);
    }
    let (source, plan) = unless_damaged(|| {
        let source = open_backup(backup)?;
        let plan = Plan::new(&source, now, random, guard, issuers)?;
        Ok((source, plan))
    })
    .map_err(RestoreError::Backup)?;
    let mut head = None;
    write_new(into, |tables| {
        copy_all(&source, tables)?;
        head = Some(plan.carry_out(tables)?);
        Ok(())
    })?;
    let head = head.ok_or_else(|| RestoreError::Store(rows::corrupt("meta/head")))?;
    Ok(Restored { head, credentials: plan.credentials })
}

pub(super) fn open_backup(path: &Path) -> Result<ReadTables, OpenError> {
    let database = ReadOnlyDatabase::open(path).map_err(classify)?;
    let tables =
        ReadTables::new(database.begin_read().map_err(|error| OpenError::Store(store_error(error)))?);
    check_format(&tables)?;
    Ok(tables)
}

/// What the restored store starts with.
struct Plan {
    constants: Constants,
    head: HeadRow,
    record: Restore,
    guards: Vec<NewEntry>,
    credentials: u64,
    unknown: StoredVerifier,
    last_token: Timestamp,
    /// The backup was made before there was an index of sessions.
    without_index: bool,
}

impl Plan {
    fn new(
        backup: &ReadTables,
        now: Timestamp,
        random: [u8; 36],
        guard: RestoreGuard,
        issuers: &[Issuer],
    ) -> Result<Self, OpenError> {
        let identity = backup.get(Table::Meta, meta::IDENTITY)?.ok_or(OpenError::NotAStore)?;
        let (old, own_issuer) = rows::meta::read_identity(&identity)?;
        let old_log = Constants::new(old, own_issuer.clone());
        let view = Transaction::begin(backup, &old_log)?;
        let old_head = view.head();
        // A clock that went back restores into the past of the log; the ratchet knows better.
        let now = now.max(view.ratchet()?);
        let identity = new_identity(old.key, old_head.position, now, random);
        let horizons = view.horizons()?;
        let until = |life: Duration| match life {
            Duration::ZERO => Timestamp::FOREVER,
            life => now.plus(life).plus(MARGIN),
        };
        let guards = match guard {
            RestoreGuard::EndEverything => {
                // S12: a session that was registered after the backup is known to verifiers, and not here.
                let own =
                    (until(horizons.access_token).max(until(horizons.session)), until(horizons.session));
                // How long the tokens of others live is not known here, only to the configuration.
                let foreign = (Timestamp::FOREVER, Timestamp::FOREVER);
                let mut known = issuers_of(backup, &own_issuer)?;
                known.extend(issuers.iter().cloned());
                let guard = |issuer| {
                    let (retain_until, enforce_until) = if issuer == own_issuer { own } else { foreign };
                    end_everything(issuer, now, retain_until, enforce_until)
                };
                let rotation = rotate_user_keys(own_issuer.clone(), now);
                std::iter::once(rotation).chain(known.into_iter().map(guard)).collect()
            }
            RestoreGuard::KeepSessions => Vec::new(),
        };
        let constants = Constants::new(identity, own_issuer);
        let head = HeadRow { claim_entries: view.claim_entries(), ..HeadRow::first(&identity) };
        let ends_everything = guard == RestoreGuard::EndEverything;
        let record = Restore { at: now, log: old.log, head: old_head.position, ends_everything };
        let credentials = count(backup, Table::Credentials)?;
        let unknown = unknown_verifiers(now, random);
        let last_token = until(horizons.access_token);
        let without_index = !backup.has(Table::SessionIndex)?;
        Ok(Self { constants, head, record, guards, credentials, unknown, last_token, without_index })
    }

    fn carry_out(&self, tables: &mut WriteTables<'_>) -> Result<Head, StoreError> {
        let Self { constants, head, record, guards, unknown, .. } = self;
        let identity = rows::meta::write_identity(&constants.identity, &constants.own_issuer);
        tables.put(Table::Meta, meta::IDENTITY, &identity)?;
        tables.put(Table::Meta, meta::HEAD, &rows::meta::write_head(head))?;
        if record.ends_everything {
            // INVARIANT: a key that was given up after the backup does not sign or verify again (I6). Nothing that
            // the others signed is of use any more, and the authority makes a new one when it finds none.
            tables.remove(Table::Meta, meta::KEY_RING)?;
        } else {
            retire_announced(tables, self.last_token)?;
        }
        let restores = tables.get(Table::Meta, meta::RESTORES)?;
        let mut restores = restores.map_or(Ok(Vec::new()), |row| rows::meta::read_restores(&row))?;
        restores.push(*record);
        tables.put(Table::Meta, meta::RESTORES, &rows::meta::write_restores(&restores))?;
        let mut transaction = Transaction::begin(tables, constants)?;
        transaction.note_restore(record)?;
        if self.without_index {
            transaction.index_all_sessions()?;
        }
        for entry in guards {
            transaction.append(Append::new(entry.clone()))?;
        }
        transaction.put_verifier(unknown)?;
        let head = transaction.head();
        transaction.finish()?;
        Ok(head)
    }
}

/// A key that was announced when the backup was made may have signed since, and been given up since: what it signed
/// stays good as the guard says, and it signs no more.
fn retire_announced(tables: &mut WriteTables<'_>, until: Timestamp) -> Result<(), StoreError> {
    let Some(row) = tables.get(Table::Meta, meta::KEY_RING)? else { return Ok(()) };
    let KeyRing { version, mut keys } = rows::key_ring::read(&row)?;
    for key in keys.iter_mut().filter(|key| key.stage == KeyStage::Announced) {
        key.stage = KeyStage::Retired { until };
    }
    tables.put(Table::Meta, meta::KEY_RING, &rows::key_ring::write(version, &keys))
}

/// Stands for all verifiers that were granted a lease after the backup was made: whoever waits until an entry is in
/// force everywhere waits out the longest lease that one of them can hold. It needs an instance that is nobody's:
/// the random bytes that are not needed for a key.
fn unknown_verifiers(now: Timestamp, random: [u8; 36]) -> StoredVerifier {
    StoredVerifier {
        instance: Instance::from_random(*LogIdentity::from_random(now, random).key.expose()),
        name: "unknown since the restore".into(),
        lease: lease::LONGEST,
        unfenced: false,
        relay: false,
        seen_at: now,
    }
}

/// The identity of the new log: above what the old one had reached, by its own count and by the clock.
fn new_identity(key: LogKey, old_head: Position, now: Timestamp, random: [u8; 36]) -> LogIdentity {
    let fresh = LogIdentity::from_random(now, random);
    let above = Position::new(old_head.number().saturating_add(1 << 20)).unwrap_or(Position::LAST);
    LogIdentity { log: LogId::from_random(*fresh.log.bytes()), key, origin: fresh.origin.max(above) }
}

/// Every issuer that the backup knows: the own one, and those that its entries are about.
fn issuers_of(backup: &ReadTables, own_issuer: &Issuer) -> Result<BTreeSet<Issuer>, StoreError> {
    let mut issuers = BTreeSet::from([own_issuer.clone()]);
    for table in [Table::Entries, Table::OldEntries] {
        backup.scan(table, (Bound::Unbounded, Bound::Unbounded), Direction::Up, &mut |_, row| {
            issuers.insert(rows::entry::read(row)?.fact.issuer);
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(issuers)
}

fn count(backup: &ReadTables, table: Table) -> Result<u64, StoreError> {
    let mut rows = 0;
    backup.scan(table, (Bound::Unbounded, Bound::Unbounded), Direction::Up, &mut |_, _| {
        rows += 1;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

/// INVARIANT: a generation of a subject's key that was given up after the backup does not come back (I6): no token of
/// any generation of before the restore is good again, ever. The backup can not tell whether such keys are in use.
fn rotate_user_keys(issuer: Issuer, now: Timestamp) -> NewEntry {
    let forever = Timestamp::FOREVER;
    NewEntry { target: Target::UserKeys, ..end_everything(issuer, now, forever, forever) }
}

fn end_everything(
    issuer: Issuer,
    now: Timestamp,
    retain_until: Timestamp,
    enforce_until: Timestamp,
) -> NewEntry {
    NewEntry {
        recorded_at: now,
        issuer,
        target: Target::Issuer,
        effect: Effect::End,
        spread: None,
        window: None,
        exception: None,
        retain_until,
        enforce_until,
        undoes: None,
        reason: Reason::known(Reason::RESTORED),
        actor: "restore".into(),
        cause: "restore".into(),
    }
}
