//! Questions that wait for an answer, and answers that wait for their records.

use std::collections::VecDeque;
use std::time::Duration;

use quash_core::planted::{self, Bug};
use quash_core::position::Position;
use quash_core::time::Uptime;

use crate::feed::fault::Fault;

/// How many pings may wait for an answer, and how many answers for their records.
const MOST_WAITING: usize = 64;

/// The pings of one connection.
#[derive(Debug, Default)]
pub(super) struct Pings {
    sent: u64,
    answered: u64,
    unanswered: VecDeque<(u64, Uptime)>,
    /// Answers by their heads: what the state is fresh as of once it holds everything up to there.
    candidates: VecDeque<(Position, Uptime)>,
}

impl Pings {
    /// The number of a new ping, made `now`.
    pub(super) fn send(&mut self, now: Uptime) -> u64 {
        self.sent += 1;
        if self.unanswered.len() >= MOST_WAITING {
            self.unanswered.pop_front();
        }
        self.unanswered.push_back((self.sent, now));
        self.sent
    }

    /// Something came in at `now`: of no account, but for the bug [`LeaseFromReceipt`](Bug::LeaseFromReceipt).
    pub(super) fn heard(&mut self, now: Uptime) {
        if planted::is(Bug::LeaseFromReceipt) {
            self.unanswered.iter_mut().for_each(|(_, sent_at)| *sent_at = now);
        }
    }

    /// The ping of this `number` was answered by somebody whose knowledge is `age` old: the log's head was `head`.
    pub(super) fn answer(&mut self, number: u64, head: Position, age: Duration) -> Result<(), Fault> {
        if number > self.sent || number <= self.answered {
            return Err(Fault::Echo(number));
        }
        self.answered = number;
        while self.unanswered.front().is_some_and(|(waiting, _)| *waiting < number) {
            self.unanswered.pop_front();
        }
        // A ping that waited behind too many others is not there any more: a later one will do.
        if let Some((_, sent_at)) = self.unanswered.pop_front_if(|(waiting, _)| *waiting == number) {
            self.wait_for(head, sent_at.minus(age));
        }
        Ok(())
    }

    /// Of too many candidates the newest is given up: it needs the most records, and newer ones will come.
    fn wait_for(&mut self, head: Position, as_of: Uptime) {
        if self.candidates.len() >= MOST_WAITING {
            self.candidates.pop_back();
        }
        self.candidates.push_back((head, as_of));
    }

    /// Everything up to `position` is enforced: the latest instant that it is fresh as of by that.
    pub(super) fn reached(&mut self, position: Position) -> Option<Uptime> {
        let mut latest = None;
        let is_reached = |head: Position| head <= position || planted::is(Bug::FreshBeforeHead);
        while let Some((_, as_of)) = self.candidates.pop_front_if(|(head, _)| is_reached(*head)) {
            latest = latest.max(Some(as_of));
        }
        latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Uptime {
        Uptime::ZERO.plus(Duration::from_secs(seconds))
    }

    fn position(number: u64) -> Position {
        Position::new(number).unwrap()
    }

    #[test]
    fn an_answer_counts_from_the_ping_less_its_age_once_its_head_is_reached() {
        // design section 3
        let mut pings = Pings::default();
        let first = pings.send(at(10));
        let second = pings.send(at(20));
        pings.answer(first, position(5), Duration::from_secs(1)).unwrap();
        pings.answer(second, position(7), Duration::from_secs(3)).unwrap();
        assert_eq!(pings.reached(position(4)), None);
        assert_eq!(pings.reached(position(6)), Some(at(9)));
        assert_eq!(pings.reached(position(7)), Some(at(17)));
        assert_eq!(pings.reached(position(9)), None, "an answer counts once");
    }

    #[test]
    fn an_echo_of_a_ping_that_was_never_sent_or_was_answered_is_a_fault() {
        let mut pings = Pings::default();
        assert_eq!(pings.answer(1, position(5), Duration::ZERO), Err(Fault::Echo(1)));
        for _ in 0..3 {
            pings.send(at(1));
        }
        pings.answer(2, position(5), Duration::ZERO).unwrap();
        for number in [0, 1, 2, 4] {
            assert_eq!(pings.answer(number, position(5), Duration::ZERO), Err(Fault::Echo(number)));
        }
        pings.answer(3, position(5), Duration::ZERO).unwrap();
    }

    #[test]
    fn neither_pings_nor_answers_are_kept_without_end() {
        let mut pings = Pings::default();
        for number in 1..=200 {
            pings.send(at(number));
            pings.answer(number, position(number), Duration::ZERO).unwrap();
        }
        for number in 201..=400 {
            pings.send(at(number));
        }
        assert_eq!((pings.unanswered.len(), pings.candidates.len()), (MOST_WAITING, MOST_WAITING));
        assert_eq!(pings.reached(position(1)), Some(at(1)), "the oldest is reached first");
        // The answer to a ping that was given up is no fault and no news.
        pings.answer(201, position(1), Duration::ZERO).unwrap();
        assert_eq!(pings.reached(position(1)), None);
    }
}
