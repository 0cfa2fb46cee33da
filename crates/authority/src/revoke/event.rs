//! Something happened to a subject, and the table says what that revokes (S26).

use quash_core::ids::Subject;
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Exception};
use quash_core::revocation::reason::Reason;
use quash_storage::ports::{Append, ClaimsChange, Details};
use serde_json::{Map, Value, json};

use super::{RevocationRequest, RevokeOutcome, TargetRequest};
use crate::authority::Authority;
use crate::caller::Caller;
use crate::claims_policy;
use crate::error::{Error, RequestError};
use crate::idempotency;
use crate::permissions::{Verb, authorize};
use crate::settings::{Allowed, EventReach, EventRule};

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectEvent {
    /// Its type: a row of the table.
    pub kind: Box<str>,
    /// To whom it happened.
    pub subject: Subject,
    /// What it spares, where the table lets it spare something.
    pub except: Option<Exception>,
    /// What the subject's live sessions carry from now on, where the table lets them be renewed: these members are set, those
    /// that are null are taken out, the others stay. Nothing changes when there are none.
    pub claims: Map<String, Value>,
    /// Makes a retry one entry; 1 to 256 bytes, the caller's own.
    pub idempotency: Option<Box<str>>,
    /// What caused it: a request id, at most 256 bytes.
    pub cause: Box<str>,
}

/// What became of a [`SubjectEvent`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventOutcome {
    /// What the table says is done.
    Done {
        /// The row of the table.
        rule: EventRule,
        /// The entry, durable and enforced by this server; none where the table says that nothing is revoked.
        position: Option<Position>,
    },
    /// The idempotency key was used for another request. Nothing was done.
    KeyUsedOtherwise,
}

impl Authority {
    /// Makes the one entry that the table has for an event, and changes the claims of the live sessions in the same step.
    /// When it returns, both are durable and this server refuses what the entry hits. Changed claims cost the sessions of
    /// the subject that are stored.
    ///
    /// # Errors
    /// [`Error::Forbidden`], also for a credential of one client, since an event is about the subject everywhere;
    /// [`Error::Request`] for a type that is not in the table, for an exception where its row spares nothing, and for
    /// claims that its row has no use for, or that no session may carry;
    /// [`Error::Store`]: then nothing is acknowledged; repeat the call with the same idempotency key.
    pub async fn report_event(&self, caller: &Caller, event: SubjectEvent) -> Result<EventOutcome, Error> {
        authorize(caller, Verb::ReportEvents)?;
        let rule = self.rule(&event)?;
        let claims = self.change(&rule, &event)?;
        let digest = || {
            idempotency::digest(&json!([
                event.kind,
                event.subject,
                format!("{:?}", event.except),
                event.claims
            ]))
        };
        let idempotency = idempotency::of(caller, "event", event.idempotency.as_deref(), digest)?;
        let Some(effect) = effect(rule.reach) else { return Ok(EventOutcome::Done { rule, position: None }) };
        let request = RevocationRequest {
            effect,
            except: event.except,
            reason: rule.reason.clone(),
            cause: event.cause,
            ..RevocationRequest::end(TargetRequest::Subject(event.subject))
        };
        let evidence = evidence(event.kind, &event.claims);
        let named = self.named(&request)?;
        let entry = self.entry(caller, &request, named, self.now())?;
        match self.append(Append { idempotency, evidence, claims, ..Append::new(entry) }).await? {
            RevokeOutcome::Revoked(revoked) => Ok(EventOutcome::Done { rule, position: revoked.position }),
            _ => Ok(EventOutcome::KeyUsedOtherwise),
        }
    }

    /// The change of claims that an event asks for, checked.
    fn change(&self, rule: &EventRule, event: &SubjectEvent) -> Result<Option<ClaimsChange>, RequestError> {
        if event.claims.is_empty() {
            return Ok(None);
        }
        if rule.reach != EventReach::Renew {
            let expected = "nothing, for the table has no session renewed after such an event";
            return Err(RequestError::new("detail.claims", expected));
        }
        let budget = self.settings.claims_budget_bytes;
        claims_policy::check(&event.claims, &Allowed::Any, budget)
            .map_err(|error| RequestError::new(format!("detail.{}", error.field), error.expected))?;
        self.names_warned.warn(&event.claims, &self.counters.private_claims);
        let change = ClaimsChange { subject: event.subject.clone(), members: event.claims.clone(), budget };
        Ok(Some(change))
    }

    fn rule(&self, event: &SubjectEvent) -> Result<EventRule, RequestError> {
        let table = &self.settings.events;
        let rule = Reason::new(&*event.kind).ok().and_then(|kind| table.get(&kind));
        let Some(rule) = rule else {
            let known: Vec<String> = table.keys().map(|kind| format!("`{kind}`")).collect();
            return Err(RequestError::new("type", format!("one of {}", known.join(", "))));
        };
        if event.except.is_some() && !rule.reach.spares() {
            return Err(RequestError::new(
                "except",
                "nothing, for the table lets such an event spare nothing",
            ));
        }
        Ok(rule.clone())
    }
}

/// What the audit log says beside the entry: which event, and which claims changed. Their values are the session's own.
fn evidence(kind: Box<str>, claims: &Map<String, Value>) -> Details {
    let mut evidence = Details::from([("event".into(), kind)]);
    if !claims.is_empty() {
        let names: Vec<&str> = claims.keys().map(String::as_str).collect();
        evidence.insert("claims".into(), names.join(" ").into());
    }
    evidence
}

const fn effect(reach: EventReach) -> Option<Effect> {
    match reach {
        EventReach::All | EventReach::Others => Some(Effect::End),
        EventReach::Renew => Some(Effect::Refresh),
        EventReach::None => None,
    }
}
