//! Revoking as a trusted caller.

use std::time::Duration;

use quash_authority::{KeyStage, PlainToken, RevocationRequest, RevokeOutcome, Revoked, TargetRequest};
use quash_core::ids::{KeyId, TokenId};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Exception};
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;

use super::{Hidden, Run, Taken};
use crate::invariants::i3_acknowledged_is_durable as i3;
use crate::oracle::Said;
use crate::plan::{Aim, Pick, Spare};
use crate::violation::Violation;
use crate::world::{client, device, issuer, role, subject};

/// A revocation that can be sent again.
pub(super) struct Request {
    asked: RevocationRequest,
    said: Said,
    /// Where it was found in the log after the fault that hid its answer.
    pub(super) found_at: Option<Position>,
}

impl Request {
    pub(super) const fn said(&self) -> &Said {
        &self.said
    }
}

impl Run {
    pub(super) async fn revoke(
        &mut self,
        aim: Aim,
        effect: Effect,
        spare: Spare,
        window: Option<(u32, u32)>,
    ) -> Result<Taken, Violation> {
        let Some((asked, target)) = self.aim(aim).map_err(Violation::stuck)? else { return Ok(self.skip()) };
        let now = self.world.server()?.authority.now();
        let mut said = Said::end(target);
        let mut request = RevocationRequest::end(asked);
        if !matches!(said.target, Target::Session(_)) {
            said.effect = effect;
        }
        if !said.is_identity() {
            let window = window.map(|(from, to)| (ago(now, from), ago(now, to)));
            said.window = window.map(|(from, to)| (from.seconds(), to.seconds()));
            said.exception = self.spared(spare).map_err(Violation::stuck)?;
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

    fn aim(&self, aim: Aim) -> Result<Option<(TargetRequest, Target)>, quash_core::ids::NotAnId> {
        let token = |pick: Pick| pick.of(&self.oracle.tokens);
        Ok(match aim {
            Aim::Token(pick, with_end) => {
                let Some(token) = token(pick) else { return Ok(None) };
                let id = TokenId::new(&*token.says.jti)?;
                let expires_at = with_end.then(|| Timestamp::from_seconds(token.says.exp));
                Some((TargetRequest::Token { id: id.clone(), expires_at }, Target::Token(id)))
            }
            Aim::TokenText(pick) => {
                let Some(token) = token(pick) else { return Ok(None) };
                let id = TokenId::new(&*token.says.jti)?;
                Some((TargetRequest::TokenText(PlainToken::new(&*token.text)), Target::Token(id)))
            }
            Aim::Session(pick) => {
                let Some(session) = pick.of(&self.oracle.sessions) else { return Ok(None) };
                let id = session.id.clone();
                Some((TargetRequest::Session(id.clone()), Target::Session(id)))
            }
            Aim::Key(pick) => {
                self.retired_key(pick).map(|id| (TargetRequest::Key(id.clone()), Target::Key(id)))
            }
            other => Some(cutoff(other)?),
        })
    }

    /// A key that was seen in a token and signs no more.
    fn retired_key(&self, pick: Pick) -> Option<KeyId> {
        let server = self.world.server().ok()?;
        let keys = server.authority.list_keys(&server.admin).ok()?;
        let retired: Vec<KeyId> =
            keys.into_iter().filter(|key| key.stage != KeyStage::Active).map(|key| key.id).collect();
        pick.of(&retired).cloned()
    }

    fn spared(&self, spare: Spare) -> Result<Option<Exception>, quash_core::ids::NotAnId> {
        Ok(match spare {
            Spare::Nothing => None,
            Spare::Session(pick) => {
                pick.of(&self.oracle.sessions).map(|session| Exception::Session(session.id.clone()))
            }
            Spare::Token(pick) => match pick.of(&self.oracle.tokens) {
                Some(token) => Some(Exception::Token(TokenId::new(&*token.says.jti)?)),
                None => None,
            },
        })
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

fn cutoff(aim: Aim) -> Result<(TargetRequest, Target), quash_core::ids::NotAnId> {
    Ok(match aim {
        Aim::Subject(number) => {
            let subject = subject(number)?;
            (TargetRequest::Subject(subject.clone()), Target::Subject(subject))
        }
        Aim::Device(of, number) => {
            let (subject, device) = (subject(of)?, device(number)?);
            let asked = TargetRequest::Device { subject: subject.clone(), device: device.clone() };
            (asked, Target::Device { subject, device })
        }
        Aim::Client(number) => {
            let client = client(number)?;
            (TargetRequest::Client(client.clone()), Target::Client(client))
        }
        Aim::Role(number) => {
            let (name, value): (Box<str>, Box<str>) = ("roles".into(), role(number).into());
            (TargetRequest::Claim { name: name.clone(), value: value.clone() }, Target::Claim { name, value })
        }
        _ => (TargetRequest::Issuer(issuer()?), Target::Issuer),
    })
}

fn ago(now: Timestamp, seconds: u32) -> Timestamp {
    now.minus(Duration::from_secs(seconds.into()))
}
