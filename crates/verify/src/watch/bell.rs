//! The wake-up of one watch.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use super::WatchEnd;

/// Rings once. INVARIANT: whoever rings writes why before looking for somebody to wake, and whoever waits leaves the
/// waker before looking why, so that one of the two sees the other.
#[derive(Debug, Default)]
pub(super) struct Bell {
    end: OnceLock<WatchEnd>,
    waiting: Mutex<Option<Waker>>,
}

impl Bell {
    /// Rings, unless it did before. INVARIANT: no lock is held: whoever is woken may do anything.
    pub(super) fn ring(&self, end: WatchEnd) {
        if self.end.set(end).is_ok() {
            // Taken first, so that the lock is not held by who is woken here and now.
            let left = self.waiting().take();
            left.into_iter().for_each(Waker::wake);
        }
    }

    /// Why it rang.
    pub(super) fn rung(&self) -> Option<&WatchEnd> {
        self.end.get()
    }

    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<WatchEnd> {
        if self.rung().is_none() {
            let left = self.waiting().replace(context.waker().clone());
            drop(left);
        }
        self.rung().map_or(Poll::Pending, |end| Poll::Ready(end.clone()))
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Option<Waker>> {
        // A waker that panicked as it was cloned or dropped left a whole one, or none.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
