//! Whose turn it is: calls to a store that stand still until a test lets them go on.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

/// Lets a test choose the order in which several use cases reach a store, and so try every one.
///
/// A use case that is given a [`turn`](Self::turn) goes on to its next stand: directly before a call to the store, when
/// the call has been decided on and nothing of it is done, and directly after, when it is done and nothing has been made
/// of its answer. Calls that are made outside of a turn do not stand anywhere.
#[derive(Debug, Default)]
pub struct Pace(Mutex<Seen>);

/// What was last seen of the use case whose turn it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Seen {
    #[default]
    Nobody,
    Going,
    Standing,
    InTheStore,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Turn<T> {
    /// The use case is done.
    Done(T),
    /// It stands before or after a call to the store.
    Stands,
    /// It can not go on before another one does: that one holds what it waits for.
    Blocked,
}

impl Pace {
    /// Lets `actor` go on to its next stand. Returns when it is there, or nowhere else to be brought to.
    pub async fn turn<F: Future + ?Sized>(&self, mut actor: Pin<&mut F>) -> Turn<F::Output> {
        poll_fn(|context| {
            *self.seen() = Seen::Going;
            let polled = actor.as_mut().poll(context);
            let seen = std::mem::take(&mut *self.seen());
            match polled {
                Poll::Ready(done) => Poll::Ready(Turn::Done(done)),
                Poll::Pending if seen == Seen::Standing => Poll::Ready(Turn::Stands),
                Poll::Pending if seen == Seen::InTheStore => Poll::Pending,
                Poll::Pending => Poll::Ready(Turn::Blocked),
            }
        })
        .await
    }

    /// Makes a call to the store, with a stand before it and one after it.
    pub(super) async fn around<T>(&self, call: impl Future<Output = T>) -> T {
        self.stand().await;
        let mut call = pin!(call);
        let answer = poll_fn(|context| {
            let polled = call.as_mut().poll(context);
            if polled.is_pending() {
                self.note(Seen::InTheStore);
            }
            polled
        });
        let answer = answer.await;
        self.stand().await;
        answer
    }

    /// Returns at the next turn; at once where nobody has turns.
    async fn stand(&self) {
        let mut stood = *self.seen() == Seen::Nobody;
        poll_fn(|_| {
            if std::mem::replace(&mut stood, true) {
                return Poll::Ready(());
            }
            self.note(Seen::Standing);
            Poll::Pending
        })
        .await;
    }

    fn note(&self, what: Seen) {
        let mut seen = self.seen();
        if *seen == Seen::Going {
            *seen = what;
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn a_turn_ends_before_a_call_after_it_and_when_all_is_done() {
        let pace = Pace::default();
        let done = std::sync::atomic::AtomicBool::new(false);
        let is_done = || done.load(std::sync::atomic::Ordering::SeqCst);
        let call = pace.around(async {
            // A store that answers from another thread.
            tokio::task::yield_now().await;
            done.store(true, std::sync::atomic::Ordering::SeqCst);
            7
        });
        let mut call = pin!(call);
        assert_eq!((pace.turn(call.as_mut()).await, is_done()), (Turn::Stands, false));
        assert_eq!((pace.turn(call.as_mut()).await, is_done()), (Turn::Stands, true));
        assert_eq!(pace.turn(call.as_mut()).await, Turn::Done(7));
        assert_eq!(pace.around(async { 8 }).await, 8, "nobody has turns any more");
    }

    #[tokio::test]
    async fn whoever_waits_for_another_one_is_blocked_until_that_one_goes_on() {
        let (pace, lock) = (Pace::default(), Mutex::new(()));
        let locked = || async {
            let _held = lock.lock().await;
            pace.around(async {}).await;
        };
        let (mut first, mut second) = (pin!(locked()), pin!(locked()));
        assert_eq!(pace.turn(first.as_mut()).await, Turn::Stands);
        assert_eq!(pace.turn(second.as_mut()).await, Turn::Blocked);
        assert_eq!(pace.turn(first.as_mut()).await, Turn::Stands);
        assert_eq!(pace.turn(second.as_mut()).await, Turn::Blocked);
        assert_eq!(pace.turn(first.as_mut()).await, Turn::Done(()));
        assert_eq!(pace.turn(second.as_mut()).await, Turn::Stands);
    }
}
