//! The embedded store as a file: opening, locking, format, backup and restore.

mod audit;
mod backup;
mod damage;
mod format;
mod opening;
mod restoring;
mod session_index;

use std::path::Path;

use quash_core::ids::Issuer;
use quash_storage::contract::sample;
use quash_storage::embedded::{EmbeddedStore, OpenError, OpenOptions};

fn try_open(path: &Path, issuer: Issuer) -> Result<EmbeddedStore, OpenError> {
    OpenOptions::file(path, issuer).cache_bytes(1 << 20).open(sample::at(0), [7; 36])
}

fn open(path: &Path) -> EmbeddedStore {
    try_open(path, sample::own_issuer()).unwrap()
}
