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
        let what = "the master secrets; by default in the data directory; made at the first start";
        Self { secrets_file: section.value("secrets_file", what, data.join("master.secrets")) }
    }
}
