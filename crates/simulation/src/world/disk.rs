//! A disk in memory that loses what was not synced, tears its last write, and fails.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quash_core::ids::Issuer;
use quash_storage::embedded::{BackendFactory, OpenOptions};
use redb::StorageBackend;

use crate::plan::Fault;

/// The disk. Clones are the same disk.
#[derive(Clone, Debug)]
pub(crate) struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// What a reader sees.
    bytes: Vec<u8>,
    /// What survives a crash.
    synced: Vec<u8>,
    /// What was written since the last sync.
    unsynced: Vec<(usize, Vec<u8>)>,
    /// Changes until it strikes.
    strikes_in: Option<u32>,
    struck: bool,
}

impl Disk {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    /// Lets the disk fail for good after so many changes.
    pub(crate) fn arm(&self, fault: Fault) {
        let (Fault::Crash { after, .. } | Fault::DiskFails { after }) = fault;
        let mut state = self.state();
        state.strikes_in = Some(after);
        state.struck = false;
    }

    /// Lets it strike now, if it has not; whether it had.
    pub(crate) fn strike(&self, fault: Fault) -> bool {
        let mut state = self.state();
        let had_struck = std::mem::replace(&mut state.struck, true);
        if let Fault::Crash { torn, .. } = fault {
            state.crash(torn);
        }
        had_struck
    }

    /// Works again.
    pub(crate) fn mend(&self) {
        let mut state = self.state();
        state.strikes_in = None;
        state.struck = false;
    }

    pub(crate) fn options(&self, issuer: Issuer) -> OpenOptions {
        let disk = self.clone();
        let factory = BackendFactory::new(move || Ok(Box::new(disk.clone())));
        OpenOptions::backend(factory, issuer).cache_bytes(1024 * 1024)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        match &mut state.strikes_in {
            Some(0) => state.struck = true,
            Some(left) => *left -= 1,
            None => {}
        }
        if state.struck { Err(gone()) } else { Ok(state) }
    }
}

fn gone() -> io::Error {
    io::Error::other("the disk is gone")
}

fn put(bytes: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset + data.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    if let Some(place) = bytes.get_mut(offset..end) {
        place.copy_from_slice(data);
    }
}

impl State {
    fn sync(&mut self) {
        let length = self.bytes.len();
        for (offset, data) in self.unsynced.drain(..) {
            put(&mut self.synced, offset, &data);
        }
        self.synced.resize(length, 0);
    }

    fn crash(&mut self, torn: bool) {
        let last = self.unsynced.pop().filter(|_| torn);
        if let Some((offset, data)) = last {
            let half = data.get(..data.len() / 2).unwrap_or_default();
            put(&mut self.synced, offset, half);
        }
        self.unsynced.clear();
        self.bytes = self.synced.clone();
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        if state.struck {
            return Err(gone());
        }
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let found = state.bytes.get(start..start + out.len());
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).map_err(io::Error::other)?;
        self.change()?.bytes.resize(length, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.change()?.sync();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        let mut state = self.change()?;
        put(&mut state.bytes, offset, data);
        state.unsynced.push((offset, data.to_vec()));
        Ok(())
    }
}
