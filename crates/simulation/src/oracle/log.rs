//! What the log must hold.

use quash_core::position::Position;
use quash_core::revocation::entry::Entry;

use super::{Known, Oracle, Said};

/// An entry that a step must, or may, have left in the log.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) said: Said,
    pub(crate) grounds: Grounds,
}

/// How sure it is that an entry is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grounds {
    /// It was acknowledged, at this position if the reply said one.
    Acknowledged(Option<Position>),
    /// It was asked for without an answer.
    Unanswered,
}

impl Oracle {
    /// Compares the entries that follow the last known head with those expected, and takes them in.
    ///
    /// # Errors
    /// What is wrong with the log, in words.
    pub(crate) fn absorb(&mut self, news: &[Entry], mut expected: Vec<Expected>) -> Result<(), String> {
        for entry in news {
            if Some(entry.position) != self.head.next() {
                return Err(format!(
                    "position {} follows {}: positions are gapless",
                    entry.position, self.head
                ));
            }
            let said = Said::of(entry);
            // Nobody asks for a registration: it comes with a sign-in, or with what lets a session live again.
            if !said.registers() {
                let place = expected.iter().position(|expected| expected.accounts_for(&said, entry.position));
                let Some(place) = place else {
                    return Err(format!(
                        "the log holds at {} what nobody asked for: {said:?}",
                        entry.position
                    ));
                };
                expected.remove(place);
            }
            self.head = entry.position;
            self.entries.push(Known::of(entry));
            if let Some(undone) = said.undoes {
                self.take_back(undone);
            }
        }
        let lost = expected.iter().find(|expected| expected.grounds != Grounds::Unanswered);
        match lost {
            Some(lost) => Err(format!("the log does not hold what was acknowledged: {lost:?}")),
            None => Ok(()),
        }
    }
}

impl Expected {
    fn accounts_for(&self, said: &Said, position: Position) -> bool {
        let at = match self.grounds {
            Grounds::Acknowledged(Some(acknowledged)) => acknowledged == position,
            Grounds::Acknowledged(None) | Grounds::Unanswered => true,
        };
        at && self.said == *said
    }
}
