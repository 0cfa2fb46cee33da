//! A store's file that remembers when it was synced.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quash_storage::embedded::BackendFactory;
use redb::StorageBackend;
use redb::backends::FileBackend;

use crate::clock;

/// When the last sync came back: what was written before is durable since then.
#[derive(Clone, Debug, Default)]
pub struct LastSync(Arc<AtomicU64>);

impl LastSync {
    /// The instant, in nanoseconds of [`clock`].
    pub fn nanoseconds(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// The file at `path`, whose syncs are remembered here.
    pub fn watching(&self, path: &Path) -> BackendFactory {
        let (last, path) = (self.clone(), path.to_owned());
        BackendFactory::new(move || {
            let file = File::options().read(true).write(true).create(true).truncate(false).open(&path)?;
            let file = FileBackend::new(file).map_err(io::Error::other)?;
            Ok(Box::new(TimedFile { file, last: last.clone() }))
        })
    }
}

#[derive(Debug)]
struct TimedFile {
    file: FileBackend,
    last: LastSync,
}

impl StorageBackend for TimedFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()?;
        self.last.0.store(clock::nanoseconds(), Ordering::Release);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }
}
