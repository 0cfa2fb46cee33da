//! `POST /v1/subjects/{subject}/key`: rotates the key that the subject's tokens are signed with (S20).

use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use quash_authority::{UserKeyOutcome, UserKeyRotation, Verb};
use quash_core::ids::Subject;
use quash_core::revocation::entry::Effect;
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

/// What becomes of the sessions of a subject whose key is rotated, and why it is.
#[derive(ToSchema)]
struct UserKeyBody {
    /// `end` (sign in again), or `refresh` (the sessions live, their tokens are renewed silently). `end` unless said.
    #[schema(value_type = Option<String>)]
    effect: Effect,
    /// Why, in one word of `[a-z0-9_]`; `key_rotated` unless said.
    #[schema(value_type = Option<String>)]
    reason: Reason,
    /// `durable`: it is stored, and the server that answers refuses every token of a key before. `everywhere`: every
    /// verifier that holds a lease does. `durable` unless said.
    #[schema(value_type = Option<String>)]
    wait: Until,
    /// For how long `everywhere` is waited for, at most: up to 120000; 5000 unless said.
    #[schema(value_type = Option<u64>)]
    timeout_ms: Timeout,
}

/// A key that was rotated.
#[derive(Serialize, ToSchema)]
struct UserKeyView {
    /// Whose.
    subject: String,
    /// The place of the entry in the log: the generation of the new key.
    position: u64,
    #[serde(flatten)]
    propagation: PropagationView,
}

impl Default for UserKeyBody {
    fn default() -> Self {
        let Wait { until, timeout } = Wait::default();
        let reason = Reason::known(Reason::KEY_ROTATED);
        Self { effect: Effect::End, reason, wait: until, timeout_ms: timeout }
    }
}

impl Body for UserKeyBody {
    const NAMES: &'static [&'static str] = &["effect", "reason", wait::NAME, wait::TIMEOUT];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        let unsaid = Self::default();
        let effect = fields.optional("effect")?.unwrap_or(unsaid.effect);
        let reason = fields.optional("reason")?.unwrap_or(unsaid.reason);
        let Wait { until, timeout } = Wait::read(fields)?;
        Ok(Self { effect, reason, wait: until, timeout_ms: timeout })
    }
}

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new(
        "Rotate the key that a subject's tokens are signed with: no token of a key before is good again",
    )
    .path("subject", "Whose key")
    .header(idempotency_key::NAME, "Makes a request that is sent again one entry")
    .may_take::<UserKeyBody>()
    .gives::<UserKeyView>();
    let info = RouteInfo::admin(RouteMethod::Post, "/v1/subjects/{subject}/key", Verb::Revoke);
    vec![Route::new(info, post(rotate), description)]
}

async fn rotate(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    PathId(subject): PathId<Subject>,
    IdempotencyKey(idempotency): IdempotencyKey,
    id: RequestId,
    OptionalJsonBody(body): OptionalJsonBody<UserKeyBody>,
) -> Result<Response, Failure> {
    let UserKeyBody { effect, reason, wait: until, timeout_ms: timeout } = body.unwrap_or_default();
    let cause = id.text().into();
    let request = UserKeyRotation { subject: subject.clone(), effect, reason, idempotency, cause };
    match state.done(state.authority().rotate_user_key(&caller, request).await)? {
        UserKeyOutcome::Rotated(position) => {
            let wait = Wait { until, timeout };
            let propagation = PropagationView::of(wait.carried_out(&state, Some(position)).await);
            let subject = subject.into();
            Ok(reply::json(&UserKeyView { subject, position: position.number(), propagation }))
        }
        UserKeyOutcome::KeyUsedOtherwise => Err(Failure::Conflict(Conflict::KeyUsedOtherwise)),
        _ => Err(Failure::Unavailable { retryable: false }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fields::assert_described;

    #[test]
    fn what_is_read_is_what_the_document_shows() {
        assert_described::<UserKeyBody>();
    }
}
