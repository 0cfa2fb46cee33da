//! What somebody gets who has the key that signs, and nothing else: nothing, where an allowlist is kept (S12).

use quash_authority::testing::forge;
use quash_core::position::Position;
use quash_core::revocation::freshness::Undecided;
use quash_core::revocation::target::Target;
use serde_json::json;

use super::Run;
use crate::invariants::{i5_decision_is_the_or_of_all_entries as i5, i6_no_resurrection as i6};
use crate::oracle::Session;
use crate::plan::SUBJECTS;
use crate::violation::Violation;
use crate::world::{AUDIENCE, Answer, ISSUER, Server, client, subject};

/// How far beyond the head a forged token says that it was issued.
const FAR_AHEAD: u64 = 1_000_000;

impl Run {
    /// Forges tokens of a session that nobody opened, of another subject's, and of some that are over.
    pub(super) fn look_at_forged(&mut self) -> Result<(), Violation> {
        if !self.oracle.rules.allowlist {
            return Ok(());
        }
        let position = self.forged_position()?;
        let stranger = self.stranger_gets(position)?;
        let of_over = self.over_gets(position)?;
        for what in of_over.into_iter().chain([stranger]) {
            self.coverage.count(what);
        }
        Ok(())
    }

    /// Long ago, now, or far ahead, in turns.
    fn forged_position(&self) -> Result<Position, Violation> {
        let (origin, head) = (self.world.server()?.log.origin.number(), self.oracle.head.number());
        let number = match self.number % 3 {
            0 => origin,
            1 => head,
            _ => head + FAR_AHEAD,
        };
        Position::new(number).map_err(Violation::stuck)
    }

    /// What somebody gets for a session that nobody opened, or in turns for one that is another subject's.
    fn stranger_gets(&self, position: Position) -> Result<&'static str, Violation> {
        let number = u64::try_from(self.number).map_err(Violation::stuck)? % SUBJECTS;
        let stranger = subject(u8::try_from(number).map_err(Violation::stuck)?).map_err(Violation::stuck)?;
        let mut others =
            self.oracle.sessions.iter().rev().filter(|session| session.subject != stranger.as_str());
        // Every token that names an ended session is hit, whoever it is of.
        let another = others.next().filter(|session| !self.is_named(session) && self.number % 2 == 1);
        let unknown = format!("ses_{}", self.number);
        let sid = another.map_or(&*unknown, |session| session.id.as_str());
        let answer = judged(self.world.server()?, sid, stranger.as_str(), position)?;
        i5::holds_for_stranger(position, self.oracle.head, &answer)?;
        Ok(match (answer, another) {
            (Err(_), _) => "forged: undecided",
            (Ok(_), Some(_)) => "forged: of another subject's session",
            (Ok(_), None) => "forged: refused",
        })
    }

    /// What somebody gets for the latest session that is over.
    fn over_gets(&self, position: Position) -> Result<Option<&'static str>, Violation> {
        let mut sessions = self.oracle.sessions.iter().rev();
        let over = sessions.find(|session| self.oracle.is_over_at_any_position(session));
        let Some(session) = over else { return Ok(None) };
        match judged(self.world.server()?, session.id.as_str(), &session.subject, position)? {
            Ok(Answer::Accepted) => Err(i6::forged_again(session)),
            _ => Ok(Some("forged: of a session that is over")),
        }
    }

    /// Whether an entry names `session` itself.
    fn is_named(&self, session: &Session) -> bool {
        let named = Target::Session(session.id.clone());
        self.oracle.standing().any(|entry| entry.said.target == named)
    }
}

/// What becomes of a token that somebody signs with the real key.
fn judged(
    server: &Server,
    sid: &str,
    subject: &str,
    position: Position,
) -> Result<Result<Answer, Undecided>, Violation> {
    let now = server.authority.now().seconds();
    let client = client(0).map_err(Violation::stuck)?;
    let claims = json!({
        "iss": ISSUER, "sub": subject, "aud": AUDIENCE, "client_id": client.as_str(),
        "iat": now, "exp": now + 600, "jti": "tok_forged", "sid": sid, "pos": position.number(),
    });
    let token = forge(&server.authority, &claims).map_err(Violation::stuck)?;
    Ok(server.judge(token.expose()))
}
