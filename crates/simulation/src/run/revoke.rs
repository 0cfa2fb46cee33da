//! Revoking as a trusted caller.

use std::time::Duration;

use quash_authority::{RevocationRequest, RevokeOutcome, Revoked};
use quash_core::position::Position;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;

use super::{Hidden, Run, Taken};
use crate::aim;
use crate::invariants::i3_acknowledged_is_durable as i3;
use crate::oracle::Said;
use crate::plan::{Aim, Spare};
use crate::violation::Violation;

/// A revocation that can be sent again.
pub(super) struct Request {
    asked: RevocationRequest,
    pub(super) said: Said,
    /// Where it was found in the log after the fault that hid its answer.
    pub(super) found_at: Option<Position>,
}

impl Run {
    pub(super) async fn revoke(
        &mut self,
        aim: Aim,
        effect: Effect,
        spare: Spare,
        window: Option<(u32, u32)>,
    ) -> Result<Taken, Violation> {
        let server = self.world.server()?;
        let aimed = aim::at(&self.oracle, server, aim).map_err(Violation::stuck)?;
        let now = server.authority.now();
        let Some((asked, target)) = aimed else { return Ok(self.skip()) };
        let mut said = Said::end(target);
        let mut request = RevocationRequest::end(asked);
        if !matches!(said.target, Target::Session(_)) {
            said.effect = effect;
        }
        if !said.is_identity() {
            let window = window.map(|(from, to)| (ago(now, from), ago(now, to)));
            said.window = window.map(|(from, to)| (from.seconds(), to.seconds()));
            said.exception = aim::spared(&self.oracle, spare).map_err(Violation::stuck)?;
            request.window = window;
        }
        request.effect = said.effect;
        request.except.clone_from(&said.exception);
        request.idempotency = Some(format!("revoke {}", self.number).into());
        request.cause = format!("step {}", self.number).into();
        self.count_shape(&said);
        self.send_revocation(Request { asked: request, said, found_at: None }).await
    }

    pub(super) async fn send_revocation(&mut self, request: Request) -> Result<Taken, Violation> {
        let server = self.world.server()?;
        match server.authority.revoke(&server.admin, request.asked.clone()).await {
            Ok(RevokeOutcome::Revoked(Revoked { position: Some(position), .. })) => {
                if request.found_at.is_some_and(|found| found != position) {
                    return Err(i3::broken("a retried request made a second entry".to_owned()));
                }
                self.acknowledged(request.said, position)
            }
            Ok(other) => Err(Violation::stuck(format!("a revocation was answered with {other:?}"))),
            Err(error) => {
                let said = request.said.clone();
                self.hidden = Some(Hidden::Revoke(Box::new(request)));
                self.unanswered(said, &error)
            }
        }
    }

    fn count_shape(&mut self, said: &Said) {
        self.coverage.count(format!("effect: {:?}", said.effect));
        if said.window.is_some() {
            self.coverage.count("with a window");
        }
        if said.exception.is_some() {
            self.coverage.count("with an exception");
        }
    }
}

fn ago(now: Timestamp, seconds: u32) -> Timestamp {
    now.minus(Duration::from_secs(seconds.into()))
}
