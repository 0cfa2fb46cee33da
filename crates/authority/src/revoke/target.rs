//! From what was asked for to whose what is hit.

use quash_core::ids::Issuer;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;
use serde_json::json;

use super::token_text;
use super::{RevocationRequest, TargetRequest};
use crate::authority::Authority;
use crate::caller::Caller;
use crate::claims_policy::RESERVED_CLAIMS;
use crate::error::{Error, RequestError};
use crate::idempotency;
use crate::permissions::Verb;
use crate::text;

/// A target with its issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) issuer: Issuer,
    pub(crate) target: Target,
    /// The end of the token's life, for a token whose `exp` is known.
    pub(crate) expires_at: Option<Timestamp>,
}

impl Authority {
    /// What `request` is about.
    pub(crate) fn named(&self, request: &RevocationRequest) -> Result<Named, RequestError> {
        let mut named = match &request.target {
            TargetRequest::TokenText(token) => token_text::read(token.expose(), request.issuer.as_ref())?,
            TargetRequest::Issuer(issuer) => self.whole_issuer(issuer.as_ref(), request.issuer.as_ref())?,
            other => Named {
                issuer: request.issuer.clone().unwrap_or_else(|| self.settings.issuer.clone()),
                target: target(other)?,
                expires_at: None,
            },
        };
        if let TargetRequest::Token { expires_at, .. } = &request.target {
            named.expires_at = *expires_at;
        }
        self.check_claim(&named)?;
        if self.rules_of(&named.issuer).is_none() {
            return Err(RequestError::new("issuer", "our own issuer or a configured one"));
        }
        Ok(named)
    }

    /// An issuer, named as the target or beside it: ours where it is not named at all.
    fn whole_issuer(&self, id: Option<&Issuer>, beside: Option<&Issuer>) -> Result<Named, RequestError> {
        if id.zip(beside).is_some_and(|(id, beside)| id != beside) {
            return Err(RequestError::new("issuer", "the same issuer as in the target, or none"));
        }
        let issuer = id.or(beside).unwrap_or(&self.settings.issuer).clone();
        Ok(Named { issuer, target: Target::Issuer, expires_at: None })
    }

    /// A registered claim of our own tokens is no group: it has a target type of its own, or changes from token to
    /// token, so that a renewal would bring it back.
    fn check_claim(&self, named: &Named) -> Result<(), RequestError> {
        match &named.target {
            Target::Claim { name, .. }
                if self.is_own(&named.issuer) && RESERVED_CLAIMS.contains(&&**name) && **name != *"amr" =>
            {
                let expected =
                    "a claim of the session; `sub`, `client_id` and the like are targets of their own";
                Err(RequestError::new("target.name", expected))
            }
            _ => Ok(()),
        }
    }

    /// Whether `caller` may hit `target`: a credential for one client reaches that client and the sessions that it
    /// holds a grant of, nothing wider.
    pub(super) async fn check_reach(&self, caller: &Caller, target: &Target) -> Result<(), Error> {
        let Some(only) = caller.client() else { return Ok(()) };
        let within = match target {
            Target::Client(client) => client == only,
            Target::Session(id) => {
                self.store.session(id).await?.is_some_and(|listed| listed.clients.contains(only))
            }
            _ => false,
        };
        if within { Ok(()) } else { Err(Error::Forbidden(Verb::Revoke)) }
    }
}

fn target(request: &TargetRequest) -> Result<Target, RequestError> {
    Ok(match request {
        TargetRequest::Token { id, .. } => Target::Token(id.clone()),
        TargetRequest::Session(id) => Target::Session(id.clone()),
        TargetRequest::Subject(subject) => Target::Subject(subject.clone()),
        TargetRequest::Device { subject, device } => {
            Target::Device { subject: subject.clone(), device: device.clone() }
        }
        TargetRequest::Client(client) => Target::Client(client.clone()),
        TargetRequest::Claim { name, value } => {
            text::check("target.name", name, 256)?;
            text::check("target.value", value, 1024)?;
            Target::Claim { name: name.clone(), value: value.clone() }
        }
        TargetRequest::Key(key) => Target::Key(key.clone()),
        TargetRequest::TokenText(_) | TargetRequest::Issuer(_) => Target::Issuer,
    })
}

impl RevocationRequest {
    /// What makes two requests the same: everything but the idempotency key and the request id.
    pub(crate) fn digest(&self, named: &Named) -> [u8; 32] {
        let except = self.except.as_ref().map(|except| format!("{except:?}"));
        let (target, effect) = (format!("{:?}", named.target), format!("{:?}", self.effect));
        idempotency::digest(&json!([
            named.issuer,
            target,
            named.expires_at,
            effect,
            self.spread_seconds,
            except,
            self.window,
            self.reason,
            self.dry_run,
            self.expect_max,
        ]))
    }
}
