//! A second client joins a session.

use quash_authority::{JoinSession, JoinedSession};

use super::sign_in::{read, refresh_token};
use super::{Run, Taken};
use crate::invariants::{
    i5_decision_is_the_or_of_all_entries as i5, i6_no_resurrection, i7_no_false_revocation,
};
use crate::oracle::Grant;
use crate::plan::Pick;
use crate::violation::Violation;
use crate::world::client;

impl Run {
    pub(super) async fn join(&mut self, pick: Pick, number: u8) -> Result<Taken, Violation> {
        let Some(place) = pick.index(self.oracle.sessions.len()) else { return Ok(self.skip()) };
        let Some(session) = self.oracle.sessions.get(place) else { return Ok(self.skip()) };
        let client = client(number).map_err(Violation::stuck)?;
        let server = self.world.server()?;
        let as_signed_in = Grant::as_signed_in(place, session, client.as_str()).map_err(Violation::stuck)?;
        let why = self.oracle.why_over(&as_signed_in, session, server.authority.now());
        let join = JoinSession { client, scope: None };
        match server.authority.join(&server.admin, &session.id, join).await {
            Ok(JoinedSession::Open(_)) if !why.is_empty() => Err(i6_no_resurrection::renewed_again(&why)),
            Ok(JoinedSession::Open(reply)) => {
                let token = read(&reply)?;
                i5::position_is(&token, self.oracle.head)?;
                self.coverage.count("answer: joined");
                self.observe("joined", token.says.exp);
                self.granted(token, refresh_token(&reply)?, self.oracle.head)
            }
            Ok(other) if why.is_empty() => {
                Err(i7_no_false_revocation::session_refused(&format!("{other:?}")))
            }
            Ok(_) => {
                self.coverage.count("answer: nothing to join");
                self.observe("not joined", why);
                Ok(Taken)
            }
            Err(error) => {
                self.audited.joins_in_doubt += 1;
                self.excuse(&error)
            }
        }
    }
}
