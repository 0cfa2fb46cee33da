//! The one thread that writes: group commit.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::Shared;
use super::damage::unless_damaged;
use super::error::store_error;
use super::job::{Job, WriteTransaction};
use super::open::stored_head;
use super::recent::Held;
use super::tables::WriteTables;
use crate::ports::StoreError;
use crate::rows::meta::HeadRow;
use crate::transaction::{Finished, Transaction};

/// How many calls share one sync at most.
const LARGEST_BATCH: usize = 256;

/// How often the writer lets others run while it waits for a batch as large as the last one.
const PATIENCE: usize = 64;

type Batch = Vec<Box<dyn Job>>;

/// The thread's state.
pub(super) struct Writer {
    shared: Arc<Shared>,
    waiting: mpsc::Receiver<Box<dyn Job>>,
    /// An error left the file in doubt: it is opened anew before the next batch.
    in_doubt: bool,
    #[cfg(feature = "planted")]
    bug: Option<crate::planted::Bug>,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, waiting: mpsc::Receiver<Box<dyn Job>>) -> Self {
        Self {
            shared,
            waiting,
            in_doubt: false,
            #[cfg(feature = "planted")]
            bug: crate::planted::planted(),
        }
    }

    /// Serves until nobody can call any more, then closes the file. After a panic it closes the file at once:
    /// whoever waits, and whoever calls later, gets [`StoreError::Unavailable`].
    pub(super) fn run(mut self) {
        let served: Result<(), StoreError> = unless_damaged(|| {
            self.serve_all();
            Ok(())
        });
        // INVARIANT: after a panic nothing is served any more. The tail may be behind what is durable.
        let closed: Result<(), StoreError> = unless_damaged(|| {
            self.shared.database.close();
            Ok(())
        });
        // The panic said what happened; what is left to do is to answer nobody, which dropping the queue does.
        let _said = served.and(closed);
    }

    fn serve_all(&mut self) {
        let mut batch = Batch::with_capacity(LARGEST_BATCH);
        let mut last = 0;
        loop {
            self.gather(last);
            last = self.waiting.blocking_recv_many(&mut batch, LARGEST_BATCH);
            if last == 0 {
                break;
            }
            self.serve(&mut batch);
        }
    }

    /// Gives those who were just answered a moment to call again, so that they share the next sync instead of
    /// waiting for the one after it. Costs a lone caller nothing, and a crowd that went away [`PATIENCE`] turns
    /// of the scheduler, once.
    fn gather(&self, last: usize) {
        for _ in 0..PATIENCE {
            if self.waiting.len() >= last {
                break;
            }
            std::thread::yield_now();
        }
    }

    /// Runs one batch and answers every call of it.
    fn serve(&mut self, batch: &mut Batch) {
        match self.commit(batch) {
            Ok(()) => batch.drain(..).for_each(Job::answer),
            Err(error) => {
                self.in_doubt = true;
                let error = StoreError::Unavailable(error.to_string().into());
                batch.drain(..).for_each(|job| job.fail(error.clone()));
            }
        }
    }

    /// Makes one batch durable and the head visible.
    ///
    /// # Errors
    /// Nothing of the batch was acknowledged, and nothing of it is visible.
    fn commit(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        self.recover()?;
        let transaction = self.shared.database.begin_write()?;
        let mut work = Transaction::begin(WriteTables::new(&transaction), &self.shared.constants)?;
        for job in batch.iter_mut() {
            run_one(job.as_mut(), &mut work)?;
        }
        if work.tables().writes() == 0 {
            drop(work);
            return transaction.abort().map_err(store_error);
        }
        let finished = work.finish()?;
        #[cfg(feature = "planted")]
        if self.bug == Some(crate::planted::Bug::AcknowledgeBeforeSync) {
            batch.drain(..).for_each(Job::answer);
        }
        transaction.commit().map_err(store_error)?;
        self.publish(finished);
        Ok(())
    }

    /// INVARIANT: called after the sync. The entries are there before the head says so, and both before any
    /// caller is answered.
    fn publish(&self, finished: Finished) {
        let head = finished.head.position;
        let key = &self.shared.constants.identity.key;
        let appended = finished.appended.into_iter().map(|link| Held::new(link, key)).collect();
        self.shared.recent().advance(finished.head, appended);
        self.shared.head.send_if_modified(|seen| std::mem::replace(seen, head) != head);
    }

    /// Opens the file anew if an error left it in doubt.
    fn recover(&mut self) -> Result<(), StoreError> {
        if !self.in_doubt {
            return Ok(());
        }
        self.shared.database.reopen()?;
        let head = stored_head(&self.shared.database).and_then(|head| self.not_behind(head));
        // Nobody may read a file whose head is not known.
        let head = head.inspect_err(|_| self.shared.database.close())?;
        // What failed may have reached the disk all the same; then it is durable now, and not in memory.
        *self.shared.recent() = super::Recent::new(head);
        self.shared.head.send_if_modified(|seen| std::mem::replace(seen, head.position) != head.position);
        self.in_doubt = false;
        Ok(())
    }

    /// Refuses a head that is behind what was acknowledged.
    fn not_behind(&self, head: HeadRow) -> Result<HeadRow, StoreError> {
        if head.position < self.shared.recent().head().position {
            return Err(StoreError::Corrupt("it came back without what it had acknowledged".into()));
        }
        Ok(head)
    }
}

/// Runs one call. An error is its own as long as it has written nothing; else it is the whole batch's.
fn run_one(job: &mut dyn Job, work: &mut WriteTransaction<'_, '_>) -> Result<(), StoreError> {
    let before = work.tables().writes();
    match job.run(work) {
        Err(error) if work.tables().writes() != before => Err(error),
        _ => Ok(()),
    }
}
