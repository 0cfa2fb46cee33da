//! A damaged file: refused or read, never the end of the process.

use std::path::Path;
use std::sync::Arc;

use quash_core::position::Position;
use quash_storage::contract::sample::{self, about, at};
use quash_storage::embedded::{OpenError, RestoreError, RestoreGuard, restore};
use quash_storage::ports::{Maintenance, RevocationLog, Store, StoreError};
use tempfile::TempDir;

use super::{open, try_open};

/// How many damages are tried.
const DAMAGES: u64 = 150;

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }
}

/// A store with something in every table, closed.
async fn sound(path: &Path) -> Vec<u8> {
    let store: Arc<dyn Store> = Arc::new(open(path));
    for number in 0..40 {
        let name = format!("subject{number}");
        sample::signed_in(&store, &name, at(number)).await;
        sample::append(&store, about(&name, at(number))).await;
    }
    drop(store);
    std::fs::read(path).unwrap()
}

/// `bytes` with one stretch of 8 bytes to 16 KiB of noise or of zeros: half of the time it begins within the first two
/// pages, where the file says how to read the rest.
fn damaged(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let mut bytes = bytes.to_vec();
    let reach = if seed.is_multiple_of(2) { 8 * 1024 } else { bytes.len() };
    let from = random.below(reach);
    let length = 8 << random.below(12);
    let zeros = random.below(4) == 0;
    for byte in bytes.iter_mut().skip(from).take(length) {
        *byte = if zeros { 0 } else { random.next().to_be_bytes()[0] };
    }
    bytes
}

#[tokio::test]
async fn a_store_with_noise_in_its_file_opens_or_says_that_it_is_damaged() {
    // Attack row "bad luck": whoever starts the server reads an error and not a backtrace.
    let directory = TempDir::new().unwrap();
    let bytes = sound(&directory.path().join("sound")).await;
    let path = directory.path().join("damaged");
    let mut refused = 0;
    for seed in 0..DAMAGES {
        std::fs::write(&path, damaged(&bytes, seed)).unwrap();
        match try_open(&path, sample::own_issuer()) {
            Ok(store) => use_it(Arc::new(store)).await,
            Err(OpenError::InUse) => panic!("seed {seed}: nobody else has it"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > DAMAGES / 10, "only {refused} were refused: the damage does not reach the file");
}

/// Every call answers, one way or the other.
async fn use_it(store: Arc<quash_storage::embedded::EmbeddedStore>) {
    let answered = |result: Result<(), StoreError>| drop(result);
    answered(store.live_records_after(Position::ZERO, at(0), 1_000).await.map(drop));
    answered(store.entries_before(None, 1_000).await.map(drop));
    answered(store.check().await.map(drop));
    answered(store.purge(at(1_000_000), std::time::Duration::ZERO).await.map(drop));
    answered(store.head().await.map(drop));
}

#[tokio::test]
async fn a_damaged_backup_is_refused_or_restored_and_leaves_nothing_half_done() {
    let directory = TempDir::new().unwrap();
    let bytes = sound(&directory.path().join("sound")).await;
    let (path, into) = (directory.path().join("damaged"), directory.path().join("into"));
    let mut refused = 0;
    for seed in 0..DAMAGES {
        std::fs::write(&path, damaged(&bytes, seed)).unwrap();
        match restore(&path, &into, at(100), [9; 36], RestoreGuard::EndEverything, &[]) {
            Ok(_) => std::fs::remove_file(&into).unwrap(),
            Err(RestoreError::TargetExists) => panic!("seed {seed}: something was left behind"),
            Err(_) => refused += 1,
        }
        assert!(!into.exists(), "seed {seed}");
    }
    assert!(refused > DAMAGES / 10, "only {refused} were refused: the damage does not reach the file");
}
