//! What lies where in the data directory.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The data directory.
#[derive(Clone, Debug)]
pub struct DataDirectory(PathBuf);

impl DataDirectory {
    /// The directory at `path`; makes it, for its owner alone, when there is none.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        Ok(Self(path.to_owned()))
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The embedded store.
    pub fn store(&self) -> PathBuf {
        self.0.join("quash.redb")
    }

    /// The admin key that `serve --dev` made.
    pub fn dev_admin_key(&self) -> PathBuf {
        self.0.join("dev-admin.key")
    }
}
