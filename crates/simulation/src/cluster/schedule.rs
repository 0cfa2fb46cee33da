//! The scheduler: what happens next, decided by simulated time and by nothing else.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::tick::Tick;

/// Events in the order of their time, and of two at one time the one that was scheduled first.
#[derive(Debug)]
pub(crate) struct Schedule<E> {
    waiting: BinaryHeap<Reverse<Waiting<E>>>,
    now: Tick,
    scheduled: u64,
    taken: u64,
}

#[derive(Debug)]
struct Waiting<E> {
    at: Tick,
    number: u64,
    event: E,
}

impl<E> PartialEq for Waiting<E> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<E> Eq for Waiting<E> {}

impl<E> PartialOrd for Waiting<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Waiting<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl<E> Schedule<E> {
    pub(crate) const fn new() -> Self {
        Self { waiting: BinaryHeap::new(), now: Tick::START, scheduled: 0, taken: 0 }
    }

    pub(crate) const fn now(&self) -> Tick {
        self.now
    }

    /// How many events happened.
    pub(crate) const fn taken(&self) -> u64 {
        self.taken
    }

    /// Lets `event` happen at `at`, or now when that is over.
    pub(crate) fn at(&mut self, at: Tick, event: E) {
        let (at, number) = (at.max(self.now), self.scheduled);
        self.scheduled += 1;
        self.waiting.push(Reverse(Waiting { at, number, event }));
    }

    /// Lets `event` happen when `span` is over.
    pub(crate) fn after(&mut self, span: Duration, event: E) {
        self.at(self.now.plus(span), event);
    }

    /// The next event up to `until`, with the time moved on to it; when there is none, time moves on to `until`.
    pub(crate) fn next(&mut self, until: Tick) -> Option<E> {
        if self.waiting.peek().is_none_or(|Reverse(next)| next.at > until) {
            self.now = self.now.max(until);
            return None;
        }
        let Reverse(next) = self.waiting.pop()?;
        self.now = next.at;
        self.taken += 1;
        Some(next.event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_the_order_of_their_time_then_of_their_scheduling() {
        let mut schedule = Schedule::new();
        for (at, event) in [(2, "c"), (1, "a"), (2, "d"), (1, "b"), (4, "e")] {
            schedule.after(Duration::from_secs(at), event);
        }
        let until = Tick::START.plus(Duration::from_secs(3));
        let taken: Vec<_> = std::iter::from_fn(|| schedule.next(until)).collect();
        assert_eq!(taken, ["a", "b", "c", "d"]);
        assert_eq!((schedule.now(), schedule.taken()), (until, 4));
    }
}
