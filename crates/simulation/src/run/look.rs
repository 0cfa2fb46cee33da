//! Looking around after a step: what is accepted, what is refused, and why.

use quash_core::revocation::rejection::Rejection;

use super::Run;
use crate::invariants::i5_decision_is_the_or_of_all_entries as i5;
use crate::violation::Violation;
use crate::world::Answer;

impl Run {
    /// Checks the latest living tokens, some of the older ones and one that is over, and takes in the watermark.
    pub(super) fn look(&mut self, latest: usize) -> Result<(), Violation> {
        let server = self.world.server()?;
        self.watermark.observe(server.verifier.watermark())?;
        let now = server.authority.now().seconds();
        let tokens = self.oracle.tokens.iter().enumerate().rev();
        let (living, over): (Vec<_>, Vec<_>) = tokens.partition(|(_, token)| token.says.exp > now);
        let some = |place: usize| place % 8 == self.number % 8;
        let chosen = living.iter().enumerate().filter(|(age, (place, _))| *age < latest || some(*place));
        let over = over.iter().filter(|(place, _)| some(*place)).take(1);
        let places: Vec<usize> = chosen.map(|(_, found)| found.0).chain(over.map(|found| found.0)).collect();
        places.into_iter().try_for_each(|place| self.look_at(place))
    }

    fn look_at(&mut self, place: usize) -> Result<(), Violation> {
        let server = self.world.server()?;
        let Some(token) = self.oracle.tokens.get(place) else { return Ok(()) };
        let answer = server.check(&token.text);
        i5::holds(&self.oracle, token, &answer, server.authority.now())?;
        let revoked = matches!(answer, Answer::Rejected(Rejection::Revoked(_)));
        self.coverage.count(counted(&answer));
        if let Some(token) = self.oracle.tokens.get_mut(place) {
            token.seen_revoked |= revoked && !self.under_fault;
        }
        Ok(())
    }
}

/// The name that an answer is counted under.
fn counted(answer: &Answer) -> String {
    match answer {
        Answer::Accepted => "check: accepted".to_owned(),
        Answer::Rejected(Rejection::Revoked(hit)) => {
            format!("check: revoked by {:?}, {:?}", hit.kind, hit.effect)
        }
        Answer::Rejected(rejection) => format!("check: {}", rejection.reason()),
    }
}
