//! A disk that fails: callers hear of it, nothing is acknowledged that is not there, and the store goes on.

use quash_storage::contract::sample::{about, at};
use quash_storage::crash::{Disk, Failure};
use quash_storage::embedded::EmbeddedStore;
use quash_storage::ports::{Append, Appended, RevocationLog, StoreError};

use super::workload::{self, Random};
use super::{block_on, model};

async fn append(store: &EmbeddedStore) -> Result<Appended, StoreError> {
    store.append(Append::new(about("alice", at(1)))).await
}

/// Works until a failure of this kind at the seed's operation; hands the store back as it is then.
async fn failed(base: &Disk, seed: u64, failure: Failure) -> (Disk, EmbeddedStore, workload::Told) {
    let mut random = Random(seed);
    let disk = base.copy();
    let store = workload::open(&disk).unwrap();
    disk.fail_at(disk.operations() + 1 + random.below(120), failure);
    let (store, told) = workload::run(store, &mut random).await;
    (disk, store, told)
}

#[test]
fn a_full_disk_refuses_every_write_and_the_store_goes_on_when_there_is_room() {
    block_on(async {
        let base = workload::prepared().await;
        for seed in 0..60 {
            let (disk, store, told) = failed(&base, seed, Failure::Full).await;
            for _ in 0..3 {
                let refused = append(&store).await.unwrap_err();
                assert!(matches!(&refused, StoreError::Unavailable(_)), "seed {seed}: {refused:?}");
                assert!(refused.is_retryable());
            }
            disk.heal();
            let Appended::At { position, .. } = append(&store).await.unwrap() else { panic!("no key") };
            assert!(position > told.shown, "seed {seed}");
            drop(store);
            let wrong = model::check(&disk.copy(), told).await.err();
            assert_eq!(wrong, None, "seed {seed}");
        }
    });
}

#[test]
fn one_failed_write_costs_its_batch_and_nothing_else() {
    block_on(async {
        let base = workload::prepared().await;
        for seed in 100..160 {
            let (disk, store, told) = failed(&base, seed, Failure::OneWrite).await;
            let Appended::At { position, .. } = append(&store).await.unwrap() else { panic!("no key") };
            assert!(position > told.shown, "seed {seed}");
            drop(store);
            // The power loss comes on top: what was acknowledged after the failure is on the disk too.
            let wrong = model::check(&disk.after_power_loss(seed), told).await.err();
            assert_eq!(wrong, None, "seed {seed}");
        }
    });
}

#[test]
fn after_a_failed_sync_nothing_is_acknowledged_until_the_store_is_opened_again() {
    block_on(async {
        let base = workload::prepared().await;
        for seed in 200..260 {
            let (disk, store, told) = failed(&base, seed, Failure::OneSync).await;
            // The disk works again, but what it took before is in doubt.
            for _ in 0..3 {
                let refused = append(&store).await.unwrap_err();
                assert!(matches!(refused, StoreError::Unavailable(_)), "seed {seed}: {refused:?}");
            }
            drop(store);
            let wrong = model::check(&disk.after_power_loss(seed), told).await.err();
            assert_eq!(wrong, None, "seed {seed}");
        }
    });
}
