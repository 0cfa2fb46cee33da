//! What survives a power loss (I3, I6), and a disk that fails.

mod failing;
mod model;
mod workload;

use quash_storage::crash::Disk;
use quash_storage::planted::{self, Bug};

pub(super) use self::workload::Random;

/// Crash points of each of the four tests below: more than 1,000 together.
const POINTS: u64 = 260;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// What a run of crash points really met: a run that met little proves little.
#[derive(Default)]
struct Met {
    while_working: u64,
    with_unsynced_changes: u64,
    while_recovering: u64,
    acknowledged: usize,
}

/// One power loss: runs the seed's work until the power goes, lets the seed decide what the disk kept, and
/// checks it. What is wrong, if something is.
async fn power_loss(base: &Disk, seed: u64, met: &mut Met) -> Result<(), String> {
    let mut random = Random(seed);
    let disk = base.copy();
    let store = workload::open(&disk).unwrap();
    disk.lose_power_at(disk.operations() + 1 + random.below(500));
    let told = workload::until_it_fails(store, &mut random).await;
    met.while_working += u64::from(disk.is_powerless());
    met.with_unsynced_changes += u64::from(disk.unsynced() > 0);
    met.acknowledged += told.entries.len() + told.sessions.len() + told.generations.len();
    let mut disk = disk.after_power_loss(random.next());
    if random.below(4) == 0 {
        // The power goes once more while the store recovers.
        disk.lose_power_at(1 + random.below(25));
        drop(workload::open(&disk));
        met.while_recovering += u64::from(disk.is_powerless());
        disk = disk.after_power_loss(random.next());
    }
    model::check(&disk, told).await
}

fn losses(first: u64) {
    block_on(async {
        let base = workload::prepared().await;
        let mut met = Met::default();
        for seed in first..first + POINTS {
            if let Err(wrong) = power_loss(&base, seed, &mut met).await {
                panic!("seed {seed}: {wrong}");
            }
        }
        assert!(met.while_working > POINTS * 9 / 10, "{} of {POINTS}", met.while_working);
        assert!(met.with_unsynced_changes > POINTS / 2, "{} of {POINTS}", met.with_unsynced_changes);
        assert!(met.while_recovering > POINTS / 20, "{} of {POINTS}", met.while_recovering);
        assert!(met.acknowledged > 5_000, "{} acknowledged", met.acknowledged);
    });
}

#[test]
fn nothing_acknowledged_is_lost_at_any_of_a_thousand_crash_points_part_one() {
    losses(0);
}

#[test]
fn nothing_acknowledged_is_lost_at_any_of_a_thousand_crash_points_part_two() {
    losses(10_000);
}

#[test]
fn nothing_acknowledged_is_lost_at_any_of_a_thousand_crash_points_part_three() {
    losses(20_000);
}

#[test]
fn nothing_acknowledged_is_lost_at_any_of_a_thousand_crash_points_part_four() {
    losses(30_000);
}

#[test]
fn a_store_that_acknowledges_before_the_sync_is_found_out() {
    // The same check, over a store with that bug: proof that it can fail.
    block_on(async {
        let base = workload::prepared().await;
        planted::set(Some(Bug::AcknowledgeBeforeSync));
        let mut found = Vec::new();
        for seed in 0..40 {
            found.extend(power_loss(&base, seed, &mut Met::default()).await.err());
        }
        planted::set(None);
        assert!(found.len() >= 5, "found only {found:?}");
    });
}
