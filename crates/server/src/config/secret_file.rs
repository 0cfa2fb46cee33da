//! Files that hold a secret: readable by their owner alone.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::secret::Secret;

/// The largest secret file read, in bytes.
pub const LARGEST: u64 = 64 << 10;

/// Why a file is not taken for a secret. Says nothing of what is in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretFileError {
    /// It can not be opened or read.
    #[error("the file can not be read: {0}")]
    Io(#[from] io::Error),
    /// It is a directory, a pipe or the like.
    #[error("found something else than a file")]
    NotAFile,
    /// Others than its owner may read or write it.
    #[error("found permissions {found:04o}, expected 0600 or 0400: `chmod 600` it")]
    OpenToOthers {
        /// The permission bits.
        found: u32,
    },
    /// It belongs to another user, who may change it at will.
    #[error("the file belongs to user {owner}, expected the user of this process or root")]
    Foreign {
        /// The owner's id.
        owner: u32,
    },
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is longer than [`LARGEST`].
    #[error("the file is longer than {LARGEST} bytes")]
    TooLong,
}

/// Reads the secret in the file at `path`, without the line break at its end.
///
/// # Errors
/// The permissions of the opened file are what counts: it can not be swapped between check and reading.
pub fn read(path: &Path) -> Result<Secret, SecretFileError> {
    // Without waiting, should it be a pipe that nobody writes to.
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    check(&file)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(SecretFileError::TooLong);
    }
    for end in *b"\n\r" {
        if bytes.last() == Some(&end) {
            bytes.pop();
        }
    }
    let secret = Secret::new(bytes);
    if secret.is_empty() { Err(SecretFileError::Empty) } else { Ok(secret) }
}

fn check(file: &File) -> Result<(), SecretFileError> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(SecretFileError::NotAFile);
    }
    let found = metadata.mode() & 0o7777;
    if found & 0o077 != 0 {
        return Err(SecretFileError::OpenToOthers { found });
    }
    let owner = metadata.uid();
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Err(SecretFileError::Foreign { owner });
    }
    Ok(())
}

/// Makes a new file at `path` that only its owner may read, and writes `bytes` durably.
///
/// # Errors
/// When something is there already, nothing is changed.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn with_mode(mode: u32, bytes: &[u8]) -> Result<Secret, SecretFileError> {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("secret");
        create(&path, bytes).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("permissions");
        read(&path)
    }

    #[test]
    fn a_secret_file_is_read_without_its_last_line_break() {
        for bytes in [&b"abc"[..], b"abc\n", b"abc\r\n"] {
            assert_eq!(with_mode(0o600, bytes).expect("a secret").expose(), b"abc");
        }
        assert_eq!(with_mode(0o400, b"a\n\n").expect("a secret").expose(), b"a\n");
    }

    #[test]
    fn a_file_that_others_may_read_is_no_secret_file() {
        for mode in [0o644, 0o640, 0o604, 0o660, 0o601] {
            let refused = with_mode(mode, b"abc");
            assert!(
                matches!(refused, Err(SecretFileError::OpenToOthers { found }) if found == mode),
                "{mode:o}"
            );
        }
    }

    #[test]
    fn empty_long_and_missing_files_are_refused() {
        assert!(matches!(with_mode(0o600, b"\n"), Err(SecretFileError::Empty)));
        assert!(matches!(with_mode(0o600, &vec![b'a'; 70_000]), Err(SecretFileError::TooLong)));
        assert!(matches!(read(Path::new("/")), Err(SecretFileError::NotAFile)));
        assert!(matches!(read(Path::new("/no/such/file")), Err(SecretFileError::Io(_))));
    }

    #[test]
    fn a_secret_file_is_never_overwritten() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("secret");
        create(&path, b"first").expect("a file");
        assert!(create(&path, b"second").is_err());
        assert_eq!(read(&path).expect("a secret").expose(), b"first");
    }
}
