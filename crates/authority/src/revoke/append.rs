//! Entries that other verbs make: one identity, or one subject, ended for a stated reason.

use base64_simd::URL_SAFE_NO_PAD;
use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Exception, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;
use quash_storage::ports::{Append, Details, Idempotency};
use serde_json::json;

use super::retention::Retention;
use super::target::Named;
use super::{RevokeOutcome, Revoked};
use crate::authority::Authority;
use crate::error::{Error, RequestError};
use crate::idempotency;

/// Why, by whom and when something is ended.
pub(crate) struct Fact {
    pub(crate) reason: Reason,
    pub(crate) actor: Box<str>,
    pub(crate) now: Timestamp,
    /// The id of the request that it was found out in.
    pub(crate) cause: Box<str>,
    /// What else the audit log says about it.
    pub(crate) evidence: Details,
    /// However often and however much in parallel it is found out: one entry a day.
    pub(crate) once: bool,
}

impl Fact {
    /// The key that makes the same fact about the same target one entry. Callers' own keys begin with the id of
    /// a credential, so this one is nobody's.
    fn idempotency(&self, named: &Named) -> Option<Idempotency> {
        let request = idempotency::digest(&json!([named.issuer, format!("{:?}", named.target)]));
        let name = URL_SAFE_NO_PAD.encode_to_string(request);
        self.once.then(|| Idempotency { key: format!("once\n{}\n{name}", self.reason).into(), request })
    }
}

impl Authority {
    /// Ends what `target` names; returns once that is durable and enforced.
    pub(crate) async fn end_identity(
        &self,
        issuer: &Issuer,
        target: Target,
        fact: Fact,
    ) -> Result<Position, Error> {
        self.end(Named { issuer: issuer.clone(), target, expires_at: None }, None, fact).await
    }

    /// The same for a token whose end is known, or for everything but one.
    pub(crate) async fn end(
        &self,
        named: Named,
        except: Option<Exception>,
        fact: Fact,
    ) -> Result<Position, Error> {
        let rules = self.rules_of(&named.issuer);
        let rules =
            rules.ok_or_else(|| RequestError::new("token", "a token of an issuer that is configured"))?;
        let Retention { retain_until, enforce_until } = self.retention(&named, &rules, Effect::End, fact.now);
        let idempotency = fact.idempotency(&named);
        let entry = NewEntry {
            recorded_at: fact.now,
            issuer: named.issuer,
            target: named.target,
            effect: Effect::End,
            spread: None,
            window: None,
            exception: except,
            retain_until,
            enforce_until,
            undoes: None,
            reason: fact.reason,
            actor: fact.actor,
            cause: fact.cause,
        };
        let append = Append { idempotency, evidence: fact.evidence, ..Append::new(entry) };
        match self.append(append).await? {
            RevokeOutcome::Revoked(Revoked { position: Some(position), .. }) => Ok(position),
            _ => Err(Error::Keys("the store answered what was not asked".into())),
        }
    }
}
