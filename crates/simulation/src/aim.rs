//! From the aim of a planned revocation to what it is about, among the things that exist when it happens.

use quash_authority::{KeyStage, PlainToken, TargetRequest};
use quash_core::ids::{KeyId, NotAnId, TokenId};
use quash_core::revocation::entry::Exception;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;

use crate::oracle::Oracle;
use crate::plan::{Aim, Pick, Spare};
use crate::world::{Server, client, device, issuer, role, subject};

/// What is asked for, and what it comes to in the log; `None` when there is nothing to aim at.
pub(crate) fn at(
    oracle: &Oracle,
    server: &Server,
    aim: Aim,
) -> Result<Option<(TargetRequest, Target)>, NotAnId> {
    let token = |pick: Pick| pick.of(&oracle.tokens);
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
            let Some(session) = pick.of(&oracle.sessions) else { return Ok(None) };
            let id = session.id.clone();
            Some((TargetRequest::Session(id.clone()), Target::Session(id)))
        }
        Aim::Key(pick) => {
            retired_key(server, pick).map(|id| (TargetRequest::Key(id.clone()), Target::Key(id)))
        }
        other => Some(cutoff(other)?),
    })
}

/// A key that was seen in a token and signs no more.
fn retired_key(server: &Server, pick: Pick) -> Option<KeyId> {
    let keys = server.authority.list_keys(&server.admin).ok()?;
    let retired = keys.into_iter().filter(|key| matches!(key.stage, KeyStage::Retired { .. }));
    let retired: Vec<KeyId> = retired.map(|key| key.id).collect();
    pick.of(&retired).cloned()
}

/// What a revocation spares.
pub(crate) fn spared(oracle: &Oracle, spare: Spare) -> Result<Option<Exception>, NotAnId> {
    Ok(match spare {
        Spare::Nothing => None,
        Spare::Session(pick) => {
            pick.of(&oracle.sessions).map(|session| Exception::Session(session.id.clone()))
        }
        Spare::Token(pick) => match pick.of(&oracle.tokens) {
            Some(token) => Some(Exception::Token(TokenId::new(&*token.says.jti)?)),
            None => None,
        },
    })
}

fn cutoff(aim: Aim) -> Result<(TargetRequest, Target), NotAnId> {
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
        _ => (TargetRequest::Issuer(Some(issuer()?)), Target::Issuer),
    })
}
