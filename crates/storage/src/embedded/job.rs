//! One call on its way through the writer.

use tokio::sync::oneshot;

use super::tables::WriteTables;
use crate::ports::StoreError;
use crate::transaction::Transaction;

/// The transaction that the writer runs calls in.
pub(super) type WriteTransaction<'a, 't> = Transaction<'a, WriteTables<'t>>;

/// A call that waits for the writer.
pub(super) trait Job: Send {
    /// Does the work within the batch's transaction and keeps what came of it.
    ///
    /// # Errors
    /// What the work answered; it is kept too.
    fn run(&mut self, transaction: &mut WriteTransaction<'_, '_>) -> Result<(), StoreError>;

    /// Hands out what came of it: the batch is durable.
    fn answer(self: Box<Self>);

    /// Hands out `error` instead: the batch is not durable.
    fn fail(self: Box<Self>, error: StoreError);
}

/// A [`Job`] made of a closure.
pub(super) struct Call<F, R> {
    work: Option<F>,
    outcome: Option<Result<R, StoreError>>,
    caller: oneshot::Sender<Result<R, StoreError>>,
}

impl<F, R> Call<F, R>
where
    F: FnOnce(&mut WriteTransaction<'_, '_>) -> Result<R, StoreError> + Send + 'static,
    R: Send + 'static,
{
    /// The job, and where its answer arrives.
    pub(super) fn with_answer(work: F) -> (Box<dyn Job>, oneshot::Receiver<Result<R, StoreError>>) {
        let (caller, answer) = oneshot::channel();
        (Box::new(Self { work: Some(work), outcome: None, caller }), answer)
    }
}

impl<F, R> Job for Call<F, R>
where
    F: FnOnce(&mut WriteTransaction<'_, '_>) -> Result<R, StoreError> + Send,
    R: Send,
{
    fn run(&mut self, transaction: &mut WriteTransaction<'_, '_>) -> Result<(), StoreError> {
        let Some(work) = self.work.take() else { return Ok(()) };
        let outcome = work(transaction);
        let result = outcome.as_ref().map(|_| ()).map_err(Clone::clone);
        self.outcome = Some(outcome);
        result
    }

    fn answer(self: Box<Self>) {
        if let Some(outcome) = self.outcome {
            // A caller that went away wants no answer.
            let _gone = self.caller.send(outcome);
        }
    }

    fn fail(self: Box<Self>, error: StoreError) {
        let _gone = self.caller.send(Err(error));
    }
}
