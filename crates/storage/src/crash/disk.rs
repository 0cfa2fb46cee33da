//! The disk.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

use crate::embedded::BackendFactory;

/// How a disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// Nothing more can be written; reading and syncing work.
    Full,
    /// One write or change of length fails; the next ones work.
    OneWrite,
    /// One sync fails, and what it should have made durable is lost; the next ones work.
    OneSync,
}

/// A disk. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// What a power loss leaves for sure.
    durable: Vec<u8>,
    /// What a reader sees.
    current: Vec<u8>,
    /// What happened since the last sync, in order.
    pending: Vec<Change>,
    /// How many changes and syncs were asked for.
    operations: u64,
    lose_power_at: Option<u64>,
    powerless: bool,
    failure: Option<(u64, Failure)>,
}

#[derive(Clone)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("bytes", &self.current.len())
            .field("pending", &self.pending.len())
            .field("operations", &self.operations)
            .finish_non_exhaustive()
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Length(length) => bytes.resize(*length, 0),
            Self::Write { offset, bytes: written } => {
                let end = offset + written.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                if let Some(place) = bytes.get_mut(*offset..end) {
                    place.copy_from_slice(written);
                }
            }
        }
    }

    /// The first `share` of 256 parts of a write. A change of length is whole.
    fn torn(&self, share: u64) -> Self {
        match self {
            Self::Write { offset, bytes } => {
                let kept = bytes.len() * usize::try_from(share & 0xFF).unwrap_or_default() / 256;
                Self::Write { offset: *offset, bytes: bytes.iter().take(kept).copied().collect() }
            }
            Self::Length(length) => Self::Length(*length),
        }
    }
}

impl Disk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// A disk that holds these bytes, durably.
    pub fn of(bytes: Vec<u8>) -> Self {
        Self::holding(bytes)
    }

    /// Where a store finds this disk.
    pub fn backend(&self) -> BackendFactory {
        let disk = self.clone();
        BackendFactory::new(move || Ok(Box::new(Handle(disk.clone()))))
    }

    /// How many writes, changes of length and syncs were asked for so far.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// How many bytes it holds.
    pub fn length(&self) -> usize {
        self.state().current.len()
    }

    /// How many changes were made since the last sync.
    pub fn unsynced(&self) -> usize {
        self.state().pending.len()
    }

    /// Whether the power is gone.
    pub fn is_powerless(&self) -> bool {
        self.state().powerless
    }

    /// Loses power at the operation with this number, the first being 1: it and all later ones fail, reads too.
    pub fn lose_power_at(&self, operation: u64) {
        self.state().lose_power_at = Some(operation);
    }

    /// From the operation with this number on, fails in this way.
    pub fn fail_at(&self, operation: u64, failure: Failure) {
        self.state().failure = Some((operation, failure));
    }

    /// Takes a failure back: the disk has room again.
    pub fn heal(&self) {
        self.state().failure = None;
    }

    /// The disk as it comes back after a power loss now. The seed decides what became of the changes that were
    /// never synced: one time in four none of them is there, else each is or is not, and the last one that is
    /// there may be torn.
    #[must_use]
    pub fn after_power_loss(&self, seed: u64) -> Self {
        let state = self.state();
        let mut random = Random(seed);
        let mut durable = state.durable.clone();
        if random.next().is_multiple_of(4) {
            return Self::holding(durable);
        }
        // Mostly kept, mostly lost, or half and half.
        let share = [32, 128, 224].get(usize::try_from(random.next() % 3).unwrap_or_default()).copied();
        let share = share.unwrap_or(128);
        let mut kept: Vec<Change> =
            state.pending.iter().filter(|_| random.next() % 256 < share).cloned().collect();
        if random.next().is_multiple_of(2)
            && let Some(last) = kept.last_mut()
        {
            *last = last.torn(random.next());
        }
        for change in &kept {
            change.apply(&mut durable);
        }
        Self::holding(durable)
    }

    /// A copy that goes its own way, power on and healthy.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self::holding(self.state().current.clone())
    }

    fn holding(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(State { durable: bytes.clone(), current: bytes, ..State::default() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn powered(&self) -> io::Result<()> {
        if self.powerless { Err(io::Error::other("the power is gone")) } else { Ok(()) }
    }

    /// Counts one operation. Which failure meets it, if one does.
    fn operate(&mut self, is_sync: bool) -> io::Result<Option<Failure>> {
        self.powered()?;
        self.operations += 1;
        if self.lose_power_at.is_some_and(|at| self.operations >= at) {
            self.powerless = true;
        }
        let Some((at, failure)) = self.failure else { return Ok(None) };
        let met = self.operations >= at && (failure == Failure::OneSync) == is_sync;
        if met && failure != Failure::Full {
            self.failure = None;
        }
        Ok(met.then_some(failure))
    }

    fn change(&mut self, change: Change) -> io::Result<()> {
        let failure = self.operate(false)?;
        if failure.is_some() {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        change.apply(&mut self.current);
        // What is on its way when the power goes may arrive, whole or torn.
        self.pending.push(change);
        self.powered()
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.operate(true)?.is_some() {
            // The system reports the loss once, and then goes on as if all were well.
            self.pending.clear();
            return Err(io::Error::other("the disk did not take it"));
        }
        self.powered()?;
        for change in std::mem::take(&mut self.pending) {
            change.apply(&mut self.durable);
        }
        Ok(())
    }
}

/// An opening of a disk.
#[derive(Debug)]
struct Handle(Disk);

fn place(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(io::Error::other)
}

impl StorageBackend for Handle {
    fn len(&self) -> io::Result<u64> {
        let state = self.0.state();
        state.powered()?;
        Ok(state.current.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.0.state();
        state.powered()?;
        let start = place(offset)?;
        let bytes = state.current.get(start..start + out.len());
        out.copy_from_slice(bytes.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let length = place(len)?;
        self.0.state().change(Change::Length(length))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.state().sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = place(offset)?;
        self.0.state().change(Change::Write { offset, bytes: data.to_vec() })
    }
}

/// `SplitMix64`: small, and the same for ever.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
