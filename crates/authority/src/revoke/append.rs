//! Entries that other verbs make: one identity, or one subject, ended for a stated reason.

use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Exception, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;
use quash_storage::ports::Append;

use super::retention::Retention;
use super::target::Named;
use super::{RevokeOutcome, Revoked};
use crate::authority::Authority;
use crate::error::{Error, RequestError};

/// Why, by whom and when something is ended.
pub(crate) struct Fact {
    pub(crate) reason: Reason,
    pub(crate) actor: Box<str>,
    pub(crate) now: Timestamp,
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
        let entry = NewEntry {
            recorded_at: fact.now,
            issuer: named.issuer,
            target: named.target,
            effect: Effect::End,
            window: None,
            exception: except,
            retain_until,
            enforce_until,
            reason: fact.reason,
            actor: fact.actor,
            cause: "".into(),
        };
        match self.append(Append { entry, idempotency: None, expect_max: None }).await? {
            RevokeOutcome::Revoked(Revoked { position: Some(position), .. }) => Ok(position),
            _ => Err(Error::Keys("the store answered what was not asked".into())),
        }
    }
}
