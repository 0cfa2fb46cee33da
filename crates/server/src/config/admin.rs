//! `[admin]`: the first admin key.

use std::path::PathBuf;

use super::origin::Origin;
use super::secret_file;
use super::section::Section;
use crate::secret::Secret;

/// The environment variable that holds the first admin key.
pub const ADMIN_KEY_VARIABLE: &str = "QUASH_ADMIN_KEY";

/// The first admin key. It may do everything.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AdminConfig {
    /// 32 to 256 printable ASCII characters.
    pub key: Option<Secret>,
}

impl AdminConfig {
    /// Reads the section. The environment wins over the file.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let file: Option<PathBuf> = section
            .optional("key_file", "a file with the first admin key: 32 to 256 printable ASCII characters");
        if let Some(text) = section.environment(ADMIN_KEY_VARIABLE) {
            section.record_secret("key", Origin::Environment(ADMIN_KEY_VARIABLE.to_owned()));
            return Self { key: checked(section, "key", Secret::new(text.into_bytes())) };
        }
        let secret = file.and_then(|file| {
            secret_file::read(&file).map_err(|problem| section.problem("key_file", problem.to_string())).ok()
        });
        Self { key: secret.and_then(|secret| checked(section, "key_file", secret)) }
    }
}

fn checked(section: &mut Section<'_>, name: &str, secret: Secret) -> Option<Secret> {
    if secret.as_key().is_some() {
        return Some(secret);
    }
    let message = format!("found {} bytes, expected 32 to 256 printable ASCII characters", secret.len());
    section.problem(name, message);
    None
}
