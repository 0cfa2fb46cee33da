//! `[master]`: where the master secrets lie.

use std::path::{Path, PathBuf};

use super::section::Section;

/// Where the master secrets lie: outside the store and its backups.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MasterConfig {
    /// Made at the first start when it is missing, with permissions 0600.
    pub secrets_file: PathBuf,
}

impl MasterConfig {
    /// Reads the section; `data` is the data directory.
    pub(super) fn read(section: &mut Section<'_>, data: &Path) -> Self {
        let secrets_file: Option<PathBuf> = section.optional(
            "secrets_file",
            "the master secrets; none: `master.secrets` in the data directory; made at the first start",
        );
        Self { secrets_file: secrets_file.unwrap_or_else(|| data.join("master.secrets")) }
    }
}
