//! `POST /v1/revocations`: one entry, whatever it hits.

mod body;
mod target;

use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use quash_authority::{RevokeOutcome, Revoked, Verb};
use quash_core::position::Position;
use serde::Serialize;
use utoipa::ToSchema;

use self::body::RevocationBody;
pub(super) use self::target::TargetBody;
use super::PATH;
use super::schedules::scheduled;
use crate::access::ServiceCaller;
use crate::error::{Conflict, Failure};
use crate::extract::{IdempotencyKey, JsonBody};
use crate::openapi::Description;
use crate::propagation::PropagationView;
use crate::reply;
use crate::request::idempotency_key;
use crate::request_id::RequestId;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::wait::Wait;

/// What a revocation came to.
#[derive(Serialize, ToSchema)]
struct RevokedView {
    /// The entry's place in the log; null for a dry run.
    position: Option<u64>,
    /// Where it is made later: the schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_id: Option<String>,
    /// How many live sessions match; counted only for a dry run or with `expect_max`, else null.
    matched_sessions: Option<u64>,
    #[serde(flatten)]
    propagation: PropagationView,
}

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new(
        "Revoke: a token, a session, a subject, a device, a client, a claim, a key, an issuer",
    )
    .header(idempotency_key::NAME, "Makes a request that is sent again one entry")
    .takes::<RevocationBody>()
    .gives::<RevokedView>();
    vec![Route::new(RouteInfo::admin(RouteMethod::Post, PATH, Verb::Revoke), post(revoke), description)]
}

async fn revoke(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    IdempotencyKey(key): IdempotencyKey,
    id: RequestId,
    JsonBody(body): JsonBody<RevocationBody>,
) -> Result<Response, Failure> {
    let wait = body.wait();
    let expected = body.expect_max.unwrap_or_default();
    if let Some(when) = body.later()? {
        let request = body.into_request(key, id.text().into());
        let outcome = state.done(state.authority().schedule(&caller, request, when).await)?;
        let schedule_id = Some(scheduled(outcome)?.into_id());
        let propagation = PropagationView::of(None);
        return Ok(reply::json(&RevokedView {
            position: None,
            schedule_id,
            matched_sessions: None,
            propagation,
        }));
    }
    let request = body.into_request(key, id.text().into());
    match state.done(state.authority().revoke(&caller, request).await)? {
        RevokeOutcome::Revoked(Revoked { position, matched_sessions }) => {
            // A dry run did nothing that could be waited for.
            let wait = position.map_or(Wait::default(), |_| wait);
            let propagation = PropagationView::of(wait.carried_out(&state, position).await);
            let position = position.map(Position::number);
            Ok(reply::json(&RevokedView { position, schedule_id: None, matched_sessions, propagation }))
        }
        RevokeOutcome::TooMany { matched } => Err(Failure::Conflict(Conflict::TooMany { matched, expected })),
        RevokeOutcome::KeyUsedOtherwise => Err(Failure::Conflict(Conflict::KeyUsedOtherwise)),
        _ => Err(Failure::Unavailable { retryable: false }),
    }
}
