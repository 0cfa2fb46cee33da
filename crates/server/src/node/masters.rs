//! The file with the master secrets: outside the store and its backups.
//!
//! ```text
//! # number and 32 bytes in hex; the largest number is used for what is new
//! 1 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//! ```

use std::io;
use std::path::Path;

use quash_authority::{Entropy, Master, Masters, MastersError, NoEntropy};
use quash_core::session::grant::MasterId;
use zeroize::Zeroizing;

use crate::config::secret_file::{self, SecretFileError};

/// Why the master secrets could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MastersFileError {
    /// The file is there but can not be used as a secret file.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// A line is not a number and 64 hex digits.
    #[error("line {0} is not a number, a space and 64 hex digits")]
    Line(usize),
    /// The secrets contradict one another.
    #[error(transparent)]
    Masters(#[from] MastersError),
    /// No new secret could be made.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// There is none, but a store whose keys and refresh tokens need it. A new one would be good for nothing.
    #[error("it is not there, but the store that was made with it is: put it back from where it is kept")]
    Missing,
    /// A new file could not be written.
    #[error("it can not be made: {0}")]
    Create(io::Error),
}

/// Reads the masters in the file at `path`; makes the file with one master at a first start, where there is no store
/// yet.
///
/// # Errors
/// [`MastersFileError`]. A file that is there is never changed.
pub fn open(path: &Path, entropy: &dyn Entropy, first_start: bool) -> Result<Masters, MastersFileError> {
    if !path.try_exists().map_err(SecretFileError::Io)? {
        if !first_start {
            return Err(MastersFileError::Missing);
        }
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(&mut *bytes)?;
        let line = Zeroizing::new(format!("1 {}\n", hex(&*bytes).as_str()));
        secret_file::create(path, line.as_bytes()).map_err(MastersFileError::Create)?;
    }
    parse(secret_file::read(path)?.expose())
}

fn parse(bytes: &[u8]) -> Result<Masters, MastersFileError> {
    let mut all = Vec::new();
    for (place, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        all.push(parse_line(line).ok_or(MastersFileError::Line(place + 1))?);
    }
    let newest = all.iter().map(|(id, _)| *id).max().unwrap_or(MasterId(1));
    Ok(Masters::new(newest, all)?)
}

fn parse_line(line: &[u8]) -> Option<(MasterId, Master)> {
    let (number, digits) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let bytes = unhex(digits.as_bytes())?;
    Some((MasterId(number.parse().ok()?), Master::from_random(*bytes)))
}

/// 32 bytes from 64 hex digits.
pub(super) fn unhex(digits: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit =
            |place: usize| char::from(*pair.get(place)?).to_digit(16).and_then(|d| u8::try_from(d).ok());
        *byte = digit(0)? << 4 | digit(1)?;
    }
    Some(bytes)
}

fn hex(bytes: &[u8]) -> Zeroizing<String> {
    use std::fmt::Write;
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    for byte in bytes {
        // Writing into a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use quash_authority::SystemEntropy;

    use super::*;

    #[test]
    fn a_first_start_makes_a_file_for_its_owner_alone_and_the_next_start_reads_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.secrets");
        assert_eq!(open(&path, &SystemEntropy, true).unwrap().current(), MasterId(1));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let before = std::fs::read(&path).unwrap();
        open(&path, &SystemEntropy, false).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn no_master_is_made_for_a_store_that_was_made_with_another() {
        // Its keys would not open, and the file in its place would hide what is missing.
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.secrets");
        assert!(matches!(open(&path, &SystemEntropy, false), Err(MastersFileError::Missing)));
        assert!(!path.exists());
    }

    #[test]
    fn the_largest_number_is_the_current_master() {
        let line = |number| format!("{number} {}\n", "ab".repeat(32));
        let text = format!("# masters\n{}\n{}", line(2), line(7));
        assert_eq!(parse(text.as_bytes()).unwrap().current(), MasterId(7));
    }

    #[test]
    fn a_line_that_is_no_master_is_named_by_its_number_and_not_shown() {
        for bad in ["1", "1 abc", "x ".to_owned().as_str(), &format!("1 {}g", "a".repeat(63))] {
            let error = parse(format!("# ok\n{bad}").as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), "line 2 is not a number, a space and 64 hex digits", "{bad}");
        }
        assert!(matches!(parse(b"# nothing"), Err(MastersFileError::Masters(_))));
    }
}
