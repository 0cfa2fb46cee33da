//! The store in one file keeps every line of the contracts.

use std::sync::Arc;

use quash_storage::contract::sample;
use quash_storage::embedded::OpenOptions;
use quash_storage::ports::Store;
use tempfile::TempDir;

fn fresh() -> std::future::Ready<(Arc<dyn Store>, TempDir)> {
    let directory = TempDir::new().unwrap();
    let options = OpenOptions::file(directory.path().join("quash.redb"), sample::own_issuer());
    let store = options.cache_bytes(1 << 20).open(sample::at(0), [7; 36]).unwrap();
    std::future::ready((Arc::new(store), directory))
}

quash_storage::contract_tests!(fresh);
