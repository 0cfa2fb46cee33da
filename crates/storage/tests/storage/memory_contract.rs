//! The store in memory keeps every line of the contracts.

use std::sync::Arc;

use quash_storage::contract::sample;
use quash_storage::memory::MemoryStore;
use quash_storage::ports::Store;

fn fresh() -> std::future::Ready<(Arc<dyn Store>, ())> {
    let store = MemoryStore::fresh(sample::own_issuer(), sample::at(0), [7; 36]);
    std::future::ready((Arc::new(store), ()))
}

quash_storage::contract_tests!(fresh);
