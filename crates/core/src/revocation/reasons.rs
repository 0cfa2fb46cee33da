//! A table of the reasons in use, so that an entry in memory spends one byte on its own.

use std::sync::{PoisonError, RwLock};

use crate::revocation::reason::Reason;

/// The first 255 different reasons of a state; later ones are kept with their entries.
#[derive(Debug, Default)]
pub(super) struct Reasons(RwLock<Vec<Reason>>);

/// The index that says "not in the table".
const BEYOND: u8 = u8::MAX;

impl Reasons {
    /// The index of `reason`, and whether it lies beyond the table.
    pub(super) fn index(&self, reason: &Reason) -> (u8, bool) {
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let place = table.iter().position(|held| held == reason).unwrap_or(table.len());
        let Some(index) = u8::try_from(place).ok().filter(|index| *index < BEYOND) else {
            return (BEYOND, true);
        };
        if place == table.len() {
            table.push(reason.clone());
        }
        (index, false)
    }

    /// The reason at `index`. Only refused tokens come here.
    pub(super) fn at(&self, index: u8) -> Option<Reason> {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        table.get(usize::from(index)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_takes_255_reasons_and_then_says_so() {
        let reasons = Reasons::default();
        for number in 0..255_u8 {
            assert_eq!(reasons.index(&Reason::new(format!("r{number}")).unwrap()), (number, false));
        }
        assert_eq!(reasons.index(&Reason::new("r7").unwrap()), (7, false));
        assert_eq!(reasons.index(&Reason::new("one_more").unwrap()), (BEYOND, true));
        assert_eq!(reasons.at(7).unwrap().as_str(), "r7");
        assert_eq!(reasons.at(BEYOND), None);
    }
}
