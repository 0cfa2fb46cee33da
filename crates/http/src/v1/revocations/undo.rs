//! `POST /v1/revocations/{position}/undo`: takes one entry back (S29).

use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use quash_authority::{UndoOutcome, UndoRequest, Verb};
use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::ServiceCaller;
use crate::error::{Conflict, Failure};
use crate::extract::{IdempotencyKey, OptionalJsonBody, PathId};
use crate::openapi::Description;
use crate::propagation::PropagationView;
use crate::reply;
use crate::request::bad_input::BadInput;
use crate::request::fields::{Body, Fields};
use crate::request::idempotency_key;
use crate::request_id::RequestId;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::wait::{self, Timeout, Until, Wait};

const PATH: &str = "/v1/revocations/{position}/undo";

/// Why a revocation is undone, and how far that must have come before it is answered.
#[derive(ToSchema)]
struct UndoBody {
    /// Why, in one word of `[a-z0-9_]`; `admin` unless said.
    #[schema(value_type = Option<String>)]
    reason: Reason,
    /// `durable`: it is in the log, and the server that answers no longer enforces what was undone. `everywhere`: no
    /// verifier that holds a lease does. `durable` unless said.
    #[schema(value_type = Option<String>)]
    wait: Until,
    /// For how long `everywhere` is waited for, at most: up to 120000; 5000 unless said.
    #[schema(value_type = Option<u64>)]
    timeout_ms: Timeout,
}

/// What an undo came to.
#[derive(Serialize, ToSchema)]
struct UndoneView {
    /// The place of the undo in the log.
    position: u64,
    /// The place of the entry that it took back.
    undoes: u64,
    #[serde(flatten)]
    propagation: PropagationView,
}

/// A place in the log, in digits.
struct Place(Position);

impl TryFrom<String> for Place {
    type Error = ();

    fn try_from(text: String) -> Result<Self, ()> {
        super::position(&text).map(Self).ok_or(())
    }
}

impl Default for UndoBody {
    fn default() -> Self {
        let Wait { until, timeout } = Wait::default();
        Self { reason: Reason::known(Reason::ADMIN), wait: until, timeout_ms: timeout }
    }
}

impl Body for UndoBody {
    const NAMES: &'static [&'static str] = &["reason", wait::NAME, wait::TIMEOUT];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        let reason = fields.optional("reason")?.unwrap_or_else(|| Reason::known(Reason::ADMIN));
        let Wait { until, timeout } = Wait::read(fields)?;
        Ok(Self { reason, wait: until, timeout_ms: timeout })
    }
}

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new(
        "Undo one revocation: what only it hits is good again, an older entry about the same still holds",
    )
    .path("position", "The place of the entry in the log")
    .header(idempotency_key::NAME, "Makes a request that is sent again one entry")
    .may_take::<UndoBody>()
    .gives::<UndoneView>();
    vec![Route::new(RouteInfo::admin(RouteMethod::Post, PATH, Verb::Undo), post(undo), description)]
}

async fn undo(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    PathId(Place(position)): PathId<Place>,
    IdempotencyKey(idempotency): IdempotencyKey,
    id: RequestId,
    OptionalJsonBody(body): OptionalJsonBody<UndoBody>,
) -> Result<Response, Failure> {
    let UndoBody { reason, wait: until, timeout_ms: timeout } = body.unwrap_or_default();
    let request = UndoRequest { position, reason, idempotency, cause: id.text().into() };
    match state.done(state.authority().undo(&caller, request).await)? {
        UndoOutcome::Undone(by) => {
            let wait = Wait { until, timeout };
            let propagation = PropagationView::of(wait.carried_out(&state, Some(by)).await);
            Ok(reply::json(&UndoneView { position: by.number(), undoes: position.number(), propagation }))
        }
        UndoOutcome::Unknown => Err(Failure::NotFound),
        UndoOutcome::Refused(refusal) => Err(Failure::Conflict(Conflict::NotUndone(refusal))),
        UndoOutcome::KeyUsedOtherwise => Err(Failure::Conflict(Conflict::KeyUsedOtherwise)),
        _ => Err(Failure::Unavailable { retryable: false }),
    }
}
