//! A damaged file must not end the process.
//!
//! redb checks the sums of its pages only after a crash. What it reads from a page that was damaged otherwise it
//! takes for its own, and panics where that can not be.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::ports::StoreError;

/// Runs `work`, which reads the file; a panic in it becomes [`StoreError::Corrupt`].
///
/// What was being read is dropped while the panic unwinds, and redb then marks a file that a transaction was left
/// open in as one to repair. Costs nothing measurable where nothing panics.
pub(super) fn unless_damaged<R, E: From<StoreError>>(work: impl FnOnce() -> Result<R, E>) -> Result<R, E> {
    // AssertUnwindSafe: `work` is gone after a panic with all that it owned. What it only borrowed is the database,
    // whose own locks stay poisoned for whoever comes next, and the tail of the log, which no reader changes.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(damaged().into()))
}

fn damaged() -> StoreError {
    StoreError::Corrupt("the file is damaged: a page of it can not be what it says".into())
}

#[cfg(test)]
mod tests {
    use quash_core::ids::Issuer;
    use quash_core::time::Timestamp;

    use super::*;
    use crate::embedded::{EmbeddedStore, OpenOptions};
    use crate::ports::{Act, KeyRingStore, RevocationLog};

    fn store() -> (tempfile::TempDir, EmbeddedStore) {
        let directory = tempfile::TempDir::new().unwrap();
        let options = OpenOptions::file(
            directory.path().join("quash.redb"),
            Issuer::new("https://login.example").unwrap(),
        );
        let store = options.open(Timestamp::from_seconds(1), [7; 36]).unwrap();
        (directory, store)
    }

    fn unavailable<R: std::fmt::Debug>(answer: &Result<R, StoreError>) {
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    }

    #[test]
    fn a_panic_while_reading_is_damage() {
        let outcome: Result<(), StoreError> = unless_damaged(|| panic!("a page of type 77"));
        assert_eq!(outcome, Err(damaged()));
    }

    #[tokio::test]
    async fn a_store_whose_writer_panicked_is_unavailable_for_good() {
        // I2: what is not durable is not acknowledged, and nobody waits for an answer that can not come.
        let (_directory, store) = store();
        let doomed = store.write::<()>(|_| panic!("a page of type 77"));
        let beside = store.write(|_| Ok(()));
        let (doomed, beside) = tokio::join!(doomed, beside);
        unavailable(&doomed);
        // In the same batch it went down with it; in one before it was done already.
        assert!(beside.is_ok() || matches!(beside, Err(StoreError::Unavailable(_))), "{beside:?}");
        // The file is closed once the queue is: then nothing is read any more either.
        while !store.jobs.as_ref().unwrap().is_closed() {
            tokio::task::yield_now().await;
        }
        unavailable(&store.write(|_| Ok(())).await);
        unavailable(&store.key_ring().await);
        unavailable(&store.replace_key_ring(0, Vec::new(), Act::of_system(Timestamp::EPOCH, "test")).await);
        unavailable(&store.entries_before(None, 1).await);
        store.close();
    }

    #[tokio::test]
    async fn a_reader_does_not_wait_for_ever_for_a_writer_that_is_gone() {
        let (_directory, store) = store();
        let shared = std::sync::Arc::clone(&store.shared);
        // What a writer leaves that stops between its sync and moving the head.
        let head = shared.recent().head();
        let behind = crate::rows::meta::HeadRow::first(&crate::ports::LogIdentity {
            origin: quash_core::position::Position::ZERO,
            ..shared.constants.identity
        });
        assert!(behind.position < head.position);
        *shared.recent() = super::super::recent::Recent::new(behind);
        unavailable(&shared.read_log_within(3, |_| Ok(())));
    }
}
