//! Cuts a connection whose peer is too slow.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

use super::limits::Limits;
use super::progress::{Cut, Progress};

/// One timer a connection. It is moved only when the deadline comes closer: a busy keep-alive connection moves it
/// about once in a time-out, not at each request.
pub(super) struct Watchdog {
    timer: Pin<Box<Sleep>>,
    limits: Limits,
}

impl Watchdog {
    pub(super) fn new(limits: Limits) -> Self {
        Self { timer: Box::pin(sleep_until(Instant::now() + limits.first_byte_timeout)), limits }
    }

    /// Ready when the connection is overdue. To be asked after each step of the connection, in its own task.
    pub(super) fn poll(&mut self, progress: &Progress, context: &mut Context<'_>) -> Poll<Cut> {
        loop {
            let deadline = progress.deadline(&self.limits);
            if let Some((at, _)) = deadline
                && at < self.timer.deadline()
            {
                self.timer.as_mut().reset(at);
            }
            ready!(self.timer.as_mut().poll(context));
            match deadline {
                Some((at, cut)) if at <= Instant::now() => return Poll::Ready(cut),
                Some((at, _)) => self.timer.as_mut().reset(at),
                None => self.timer.as_mut().reset(Instant::now() + self.limits.idle_timeout),
            }
        }
    }
}
