//! `[user_keys]`: the secrets that the keys of single subjects are derived from (S20).

use std::path::PathBuf;

use super::section::Section;

/// Whether tokens are signed with a key of their subject's own, and where the secrets of those keys lie.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct UserKeysConfig {
    /// Without it no such keys are in use. At a server the first secret in it signs, the others still verify.
    pub secrets_file: Option<PathBuf>,
}

impl UserKeysConfig {
    /// Reads the section.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let what = "32 random bytes a line, in hex: the first signs, the others still verify; whoever has one can sign \
                    for everybody";
        Self { secrets_file: section.optional("secrets_file", what) }
    }
}
