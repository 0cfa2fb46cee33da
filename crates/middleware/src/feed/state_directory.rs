//! The directory that a follower keeps its state in: one process at a time, for its owner alone.
//!
//! `follower.state` holds the last complete state and what came after it. A new one is written beside it as
//! `follower.state.new` and takes its place in one step, once it is complete and synced.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const STATE: &str = "follower.state";
const IN_THE_MAKING: &str = "follower.state.new";
const DAMAGED: &str = "follower.state.damaged";
const LOCK: &str = "follower.lock";

/// Why a state directory can not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateDirectoryError {
    /// Another process uses it.
    #[error("another process uses the directory")]
    InUse,
    /// What the operating system says.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// An open state directory. The lock ends with it.
#[derive(Debug)]
pub(super) struct StateDirectory {
    path: PathBuf,
    /// What is appended to: the state in force.
    state: Option<Written>,
    _lock: File,
}

/// A file with the length up to which it holds whole pieces.
#[derive(Debug)]
struct Written {
    file: File,
    length: u64,
}

impl Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(bytes) {
            // INVARIANT: what follows is never written behind half a piece.
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += bytes.len() as u64;
        Ok(())
    }
}

impl StateDirectory {
    /// Makes the directory where there is none, and takes its lock.
    pub(super) fn open(path: &Path) -> Result<Self, StateDirectoryError> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let lock = private().create(true).truncate(false).open(path.join(LOCK))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => StateDirectoryError::InUse,
            TryLockError::Error(error) => error.into(),
        })?;
        Ok(Self { path: path.to_owned(), state: None, _lock: lock })
    }

    /// All that the state in force holds; none when there is no such file.
    pub(super) fn read(&self) -> io::Result<Option<Vec<u8>>> {
        match std::fs::read(self.path.join(STATE)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Goes on behind the first `length` bytes of the state in force: what lies beyond is cut off.
    pub(super) fn resume(&mut self, length: u64) -> io::Result<()> {
        let file = OpenOptions::new().append(true).open(self.path.join(STATE))?;
        file.set_len(length)?;
        file.sync_data()?;
        self.state = Some(Written { file, length });
        Ok(())
    }

    /// Puts the state in force aside, so that somebody can look at it. Where it is now.
    pub(super) fn set_aside(&mut self) -> io::Result<PathBuf> {
        self.state = None;
        let aside = self.path.join(DAMAGED);
        std::fs::rename(self.path.join(STATE), &aside)?;
        Ok(aside)
    }

    /// Puts `bytes` in force as the whole state, in place of the one before: durably, and in one step.
    pub(super) fn begin(&mut self, bytes: &[u8]) -> io::Result<()> {
        let aside = self.path.join(IN_THE_MAKING);
        match std::fs::remove_file(&aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // In append mode, so that writing goes on at the end wherever a cut put it.
        let mut written = Written { file: private().append(true).create_new(true).open(&aside)?, length: 0 };
        written.write(bytes)?;
        written.file.sync_all()?;
        std::fs::rename(&aside, self.path.join(STATE))?;
        File::open(&self.path)?.sync_all()?;
        self.state = Some(written);
        Ok(())
    }

    /// Appends to the state in force. Not durable before [`sync`](Self::sync).
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.state.as_mut().ok_or(io::ErrorKind::NotFound)?.write(bytes)
    }

    /// Returns once everything that was appended is durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.state.as_ref().map_or(Ok(()), |written| written.file.sync_data())
    }

    /// Gives up the file: what can not be kept up to date is not kept.
    pub(super) fn abandon(&mut self) {
        self.state = None;
        for name in [STATE, IN_THE_MAKING] {
            // A file that stays is older than what is known, which is safe: it is stale until it was caught up.
            let _ = std::fs::remove_file(self.path.join(name));
        }
    }
}

/// A file that its owner alone can read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn open(path: &Path) -> StateDirectory {
        StateDirectory::open(path).unwrap()
    }

    #[test]
    fn what_was_written_is_there_after_a_restart_for_its_owner_alone() {
        // I13: the file holds the log's key.
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("state");
        let mut directory = open(&path);
        assert_eq!(directory.read().unwrap(), None);
        directory.begin(b"one ").unwrap();
        directory.append(b"two").unwrap();
        directory.sync().unwrap();
        drop(directory);
        assert_eq!(open(&path).read().unwrap().unwrap(), b"one two");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&path.join(STATE))), (0o700, 0o600));
    }

    #[test]
    fn one_process_at_a_time_uses_a_directory() {
        let place = tempfile::tempdir().unwrap();
        let first = open(place.path());
        assert!(matches!(StateDirectory::open(place.path()), Err(StateDirectoryError::InUse)));
        drop(first);
        open(place.path());
    }

    #[test]
    fn a_new_state_takes_the_place_of_the_old_one_and_is_appended_to() {
        let place = tempfile::tempdir().unwrap();
        let mut directory = open(place.path());
        directory.begin(b"old").unwrap();
        directory.begin(b"new").unwrap();
        directory.append(b"er").unwrap();
        assert_eq!(directory.read().unwrap().unwrap(), b"newer");
        assert!(!place.path().join(IN_THE_MAKING).exists());
    }

    #[test]
    fn a_torn_end_is_cut_off_before_anything_is_appended() {
        let place = tempfile::tempdir().unwrap();
        let mut directory = open(place.path());
        directory.begin(b"whole torn").unwrap();
        directory.resume(5).unwrap();
        directory.append(b"!").unwrap();
        assert_eq!(directory.read().unwrap().unwrap(), b"whole!");
    }

    #[test]
    fn a_damaged_file_is_kept_aside_and_a_given_up_one_is_gone() {
        let place = tempfile::tempdir().unwrap();
        let mut directory = open(place.path());
        directory.begin(b"damaged").unwrap();
        let aside = directory.set_aside().unwrap();
        assert_eq!(std::fs::read(aside).unwrap(), b"damaged");
        assert_eq!(directory.read().unwrap(), None);
        assert!(directory.append(b"x").is_err(), "there is nothing to append to");
        directory.begin(b"again").unwrap();
        directory.abandon();
        assert_eq!(directory.read().unwrap(), None);
    }
}
