//! Looking around after a step: what is accepted, what is refused, and why.

use quash_core::revocation::rejection::Rejection;

use super::Run;
use crate::invariants::i5_decision_is_the_or_of_all_entries as i5;
use crate::violation::Violation;
use crate::world::Answer;

impl Run {
    /// Checks the latest tokens and some of the older ones, and takes in the watermark.
    pub(super) fn look(&mut self, latest: usize) -> Result<(), Violation> {
        let watermark = self.world.server()?.verifier.watermark();
        self.watermark.observe(watermark)?;
        let held = self.oracle.tokens.len();
        let older = (0..held.saturating_sub(latest)).filter(|place| place % 8 == self.number % 8);
        let places: Vec<usize> = older.chain(held.saturating_sub(latest)..held).collect();
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
