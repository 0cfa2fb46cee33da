//! `GET /v1/audit`: the audit log, oldest first, with the hashes that chain it (I12).

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use quash_authority::{AuditEntry, AuditPage, AuditPoint, AuditQuery, Error, Verb};
use quash_core::position::Position;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::ServiceCaller;
use crate::error::{Conflict, Failure};
use crate::extract::Query;
use crate::openapi::Description;
use crate::request::paging::Paging;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::{reply, rfc3339};

/// A change, as the audit log says it.
#[derive(Serialize, ToSchema)]
struct AuditEntryView {
    /// Its place: from 1 on, without a gap.
    sequence: u64,
    /// When.
    at: Option<String>,
    /// What: `revoked`, `session_opened` … (docs/audit-format.md).
    action: String,
    /// Who: the id of a service credential, a client or a subject; `system` for the server itself.
    actor: String,
    /// What caused it: a request id, a schedule, a task of the server.
    cause: String,
    /// Why, where a reason was given.
    reason: Option<String>,
    /// The entry of the revocation log that was made with it, where there is one.
    position: Option<u64>,
    /// What it was about, by name.
    details: BTreeMap<String, String>,
    /// The hash of the entry before it, in hexadecimal digits.
    previous: String,
    /// Its own hash.
    hash: String,
}

/// A point of the chain.
#[derive(Serialize, ToSchema)]
struct AuditPointView {
    /// The last entry up to there; 0 before the first.
    sequence: u64,
    /// Its hash.
    hash: String,
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
struct AuditPageView {
    /// What is on it, oldest first. It can be empty though more follows: so much is looked through at once.
    items: Vec<AuditEntryView>,
    /// What the next page is asked for with, as `cursor`; null when this is the last. To be handed back unread.
    next_cursor: Option<String>,
    /// What the first entry that is kept follows from.
    anchor: AuditPointView,
    /// Where the log ends. To be noted elsewhere: a log that was shortened or written anew does not lead there.
    head: AuditPointView,
}

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new("Read the audit log, oldest first")
        .paged()
        .query("subject", "Only what names this subject")
        .query("since", "Only what happened then or later (RFC 3339)")
        .gives::<AuditPageView>();
    vec![Route::new(RouteInfo::admin(RouteMethod::Get, "/v1/audit", Verb::ReadAudit), get(list), description)]
}

async fn list(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&["cursor", "limit", "subject", "since"])?;
    let Paging { cursor, limit } = Paging::read(&params, sequence)?;
    let (subject, since) = (params.optional("subject")?, params.optional("since")?);
    let query = AuditQuery { after: cursor.unwrap_or_default(), subject, since, limit };
    let listed = state.authority().list_audit(&caller, query).await;
    let broken = listed.as_ref().err().and_then(broken);
    let page = state.done(listed).map_err(|failure| broken.unwrap_or(failure))?;
    Ok(reply::json(&AuditPageView::from(page)))
}

/// A log that does not read is what an auditor has to hear of, and where.
fn broken(error: &Error) -> Option<Failure> {
    let Error::Store(error) = error else { return None };
    let how = error.to_string().into();
    (!error.is_retryable()).then_some(Failure::Conflict(Conflict::AuditBroken { how }))
}

/// A place in the audit log, in digits.
fn sequence(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

impl From<AuditPage> for AuditPageView {
    fn from(page: AuditPage) -> Self {
        let more = page.through < page.head.sequence;
        Self {
            items: page.entries.into_iter().map(AuditEntryView::from).collect(),
            next_cursor: more.then(|| page.through.to_string()),
            anchor: page.anchor.into(),
            head: page.head.into(),
        }
    }
}

impl From<AuditPoint> for AuditPointView {
    fn from(point: AuditPoint) -> Self {
        Self { sequence: point.sequence, hash: point.hash.to_string() }
    }
}

impl From<AuditEntry> for AuditEntryView {
    fn from(entry: AuditEntry) -> Self {
        let fact = entry.fact;
        Self {
            sequence: entry.sequence,
            at: rfc3339::format(fact.at),
            action: fact.action.into(),
            actor: fact.actor.into(),
            cause: fact.cause.into(),
            reason: fact.reason.map(Into::into),
            position: fact.position.map(Position::number),
            details: fact.details.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            previous: entry.previous.to_string(),
            hash: entry.hash.to_string(),
        }
    }
}
