//! I1. Of the design: *revoke acknowledged at S: no verifier with a watermark at or above S accepts; watermarks
//! never go back.* And: *before any reply the answering server's own verifier has applied the position.*

use quash_core::position::Position;

use crate::oracle::{Oracle, Said, Token};
use crate::violation::{Invariant, Violation};
use crate::world::{Answer, Server};

pub(crate) const RULE: Invariant = Invariant {
    name: "I1",
    sentence: "once a revocation is acknowledged, no verifier that has reached its position accepts what it hits",
};

/// Checked between the acknowledgement and anything else: the position is enforced, and every token that was
/// handed out and that it hits is refused.
pub(crate) fn holds(
    server: &Server,
    oracle: &Oracle,
    said: &Said,
    position: Position,
) -> Result<(), Violation> {
    let watermark = server.verifier.watermark();
    if watermark < position {
        return Err(Violation::of(
            RULE,
            format!("{position} was acknowledged with the watermark at {watermark}"),
        ));
    }
    let hit = oracle.tokens.iter().filter(|token| token.is_hit_by(said, position));
    hit.take(64).try_for_each(|token| refuses(server, token, position))
}

fn refuses(server: &Server, token: &Token, position: Position) -> Result<(), Violation> {
    match server.check(&token.text) {
        Answer::Accepted => {
            let seen = format!("{} is accepted after the entry at {position}", token.describe());
            Err(Violation::of(RULE, seen))
        }
        Answer::Rejected(_) => Ok(()),
    }
}

/// The watermark of one server, from its start to its end.
#[derive(Debug, Default)]
pub(crate) struct Watermark(Position);

impl Watermark {
    /// Takes in the watermark of now.
    pub(crate) fn observe(&mut self, now: Position) -> Result<(), Violation> {
        if now < self.0 {
            return Err(Violation::of(RULE, format!("the watermark went back from {} to {now}", self.0)));
        }
        self.0 = now;
        Ok(())
    }
}
