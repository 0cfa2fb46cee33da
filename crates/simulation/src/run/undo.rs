//! Taking an entry back (S29).

use quash_authority::{UndoOutcome, UndoRefusal, UndoRequest};
use quash_core::position::Position;
use quash_core::revocation::reason::Reason;

use super::{Hidden, Run, Taken};
use crate::invariants::{
    i3_acknowledged_is_durable as i3, i5_decision_is_the_or_of_all_entries as i5, i6_no_resurrection as i6,
    i7_no_false_revocation as i7,
};
use crate::oracle::{Known, Said, Takeback, Token};
use crate::plan::Pick;
use crate::violation::Violation;
use crate::world::Answer;

/// An undo that can be sent again.
pub(super) struct Request {
    entry: Known,
    pub(super) said: Said,
    /// Where it was found in the log after the fault that hid its answer.
    pub(super) found_at: Option<Position>,
}

impl Run {
    pub(super) async fn undo(&mut self, pick: Pick) -> Result<Taken, Violation> {
        let entries: Vec<&Known> =
            self.oracle.entries.iter().filter(|entry| !entry.said.registers()).collect();
        let Some(entry) = pick.of(&entries).copied().cloned() else { return Ok(self.skip()) };
        self.send_undo(Request { said: Said::undo_of(&entry), entry, found_at: None }).await
    }

    pub(super) async fn send_undo(&mut self, request: Request) -> Result<Taken, Violation> {
        let server = self.world.server()?;
        let undo = UndoRequest {
            position: request.entry.position,
            reason: Reason::known(Reason::ADMIN),
            idempotency: Some(format!("undo {}", self.number).into()),
            cause: format!("step {}", self.number).into(),
        };
        let expected = match request.found_at {
            Some(_) => Takeback::Done,
            None => self.oracle.judge_undo(&request.entry, server.authority.now()),
        };
        match server.authority.undo(&server.admin, undo).await {
            Ok(UndoOutcome::Undone(position)) => self.undone(&request, expected, position),
            Ok(other) => self.not_undone(&request, expected, other),
            Err(error) => {
                let said = request.said.clone();
                self.hidden = Some(Hidden::Undo(Box::new(request)));
                self.unanswered(said, &error)
            }
        }
    }

    fn undone(
        &mut self,
        request: &Request,
        expected: Takeback,
        position: Position,
    ) -> Result<Taken, Violation> {
        if expected != Takeback::Done {
            return Err(i6::undone(&format!("{expected:?}")));
        }
        if request.found_at.is_some_and(|found| found != position) {
            return Err(i3::broken("a retried undo made a second entry".to_owned()));
        }
        self.oracle.take_back(request.entry.position);
        self.oracle.leave_out(self.world.server()?.authority.now());
        self.coverage.count("undo: done");
        self.acknowledged(request.said.clone(), position)?;
        self.hits_nothing(&request.entry)
    }

    /// From the acknowledgement on, what `entry` hit is judged as if it had never been.
    fn hits_nothing(&mut self, entry: &Known) -> Result<Taken, Violation> {
        let server = self.world.server()?;
        let now = server.authority.now();
        let hit = |token: &&Token| token.is_hit_by(&entry.said, entry.position);
        let mut lives = false;
        for token in self.oracle.tokens.iter().rev().filter(hit).take(64) {
            let answer = server.check(&token.text);
            i5::holds(&self.oracle, token, &answer, now)?;
            lives |= answer == Answer::Accepted;
        }
        Ok(if lives { self.saw("undo: a token lives again") } else { Taken })
    }

    fn not_undone(
        &mut self,
        request: &Request,
        expected: Takeback,
        outcome: UndoOutcome,
    ) -> Result<Taken, Violation> {
        self.observe("not undone", outcome);
        match (expected, outcome) {
            (Takeback::Never, UndoOutcome::Refused(UndoRefusal::Never(_))) => Ok(self.saw("undo: never")),
            (Takeback::Already, UndoOutcome::Refused(UndoRefusal::Already(_))) => {
                Ok(self.saw("undo: already"))
            }
            (Takeback::Over, UndoOutcome::Refused(UndoRefusal::Over(_))) => Ok(self.saw("undo: over")),
            (_, UndoOutcome::Unknown) if request.entry.may_be_gone(self.oracle.purged_at) => {
                Ok(self.saw("undo: forgotten"))
            }
            (_, other) => Err(i7::undo_refused(&format!("{other:?} instead of {expected:?}"))),
        }
    }
}
