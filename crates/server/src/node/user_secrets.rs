//! The file with the secrets of the keys of single subjects (S20): outside the store and its backups, the same at every
//! verifier that is to check such tokens.
//!
//! ```text
//! # 32 random bytes in hex; the first line signs, the others still verify
//! 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//! ```

use std::path::Path;

use quash_jose::{KeyError, Secret, UserSecrets};
use zeroize::Zeroizing;

use super::masters::unhex;
use crate::config::secret_file::{self, SecretFileError};
use crate::config::user_keys::UserKeysConfig;
use crate::exit::Failure;

/// Why the secrets can not be used.
#[derive(Debug, thiserror::Error)]
enum UserSecretsError {
    #[error(transparent)]
    File(#[from] SecretFileError),
    #[error("line {0} is not 64 hex digits")]
    Line(usize),
    #[error("there is no secret in it")]
    Nothing,
    #[error("a secret is there twice")]
    Twice,
    #[error(transparent)]
    Key(KeyError),
}

/// The secrets that `config` names; none where it names no file.
///
/// # Errors
/// What is wrong with the file, in one line that shows nothing of it.
pub fn open(config: &UserKeysConfig) -> Result<UserSecrets, Failure> {
    let Some(path) = &config.secrets_file else { return Ok(UserSecrets::default()) };
    read(path).map_err(|error| Failure::because(&format!("`{}`", path.display()), error))
}

fn read(path: &Path) -> Result<UserSecrets, UserSecretsError> {
    parse(secret_file::read(path)?.expose())
}

fn parse(bytes: &[u8]) -> Result<UserSecrets, UserSecretsError> {
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).enumerate();
    let mut all = Vec::new();
    for (place, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with(b"#")) {
        let bytes: Zeroizing<[u8; 32]> = unhex(line).ok_or(UserSecretsError::Line(place + 1))?;
        all.push(Secret::new(bytes.to_vec()));
    }
    if all.is_empty() {
        return Err(UserSecretsError::Nothing);
    }
    UserSecrets::new(all).map_err(|error| match error {
        KeyError::Contradiction => UserSecretsError::Twice,
        other => UserSecretsError::Key(other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_secret_and_the_first_one_signs() {
        let (one, two) = ("ab".repeat(32), "cd".repeat(32));
        let read = parse(format!("# two\n{one}\n\n{two}\n").as_bytes()).unwrap();
        let first = parse(one.as_bytes()).unwrap();
        assert_eq!(read.ids().count(), 2);
        assert_eq!(read.ids().next(), first.ids().next());
    }

    #[test]
    fn a_line_that_is_no_secret_is_named_by_its_number_and_not_shown() {
        for bad in ["1 ".to_owned() + &"ab".repeat(32), "ab".repeat(31), "zz".repeat(32)] {
            let error = parse(format!("# ok\n{bad}").as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), "line 2 is not 64 hex digits", "{bad}");
        }
        assert_eq!(parse(b"# none").unwrap_err().to_string(), "there is no secret in it");
        let twice = format!("{0}\n{0}", "ab".repeat(32));
        assert_eq!(parse(twice.as_bytes()).unwrap_err().to_string(), "a secret is there twice");
    }
}
