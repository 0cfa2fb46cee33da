//! `POST /v1/logout`: a user ends the sign-in that their token belongs to (S08).

use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use quash_core::position::Position;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Access, User};
use crate::error::Failure;
use crate::extract::OptionalJsonBody;
use crate::openapi::Description;
use crate::propagation::PropagationView;
use crate::reply;
use crate::request::bad_input::BadInput;
use crate::request::fields::{Body, Fields};
use crate::request_id::RequestId;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::wait::{self, Timeout, Until, Wait};

/// How far the logout must have come before it is answered.
#[derive(ToSchema)]
struct LogoutBody {
    /// `durable`: it is in the log and the server that answers enforces it. `everywhere`: every verifier that holds a
    /// lease enforces it, or its lease is over. `durable` unless said.
    #[schema(value_type = Option<String>)]
    wait: Until,
    /// For how long `everywhere` is waited for, at most: up to 120000; 5000 unless said.
    #[schema(value_type = Option<u64>)]
    timeout_ms: Timeout,
}

/// What a logout came to.
#[derive(Serialize, ToSchema)]
struct LogoutView {
    /// The place in the log of the entry that did it; null when it was over already.
    position: Option<u64>,
    #[serde(flatten)]
    propagation: PropagationView,
}

impl Body for LogoutBody {
    const NAMES: &'static [&'static str] = &[wait::NAME, wait::TIMEOUT];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        let Wait { until, timeout } = Wait::read(fields)?;
        Ok(Self { wait: until, timeout_ms: timeout })
    }
}

pub(super) fn routes() -> Vec<Route> {
    let description =
        Description::new("End the sign-in that the token belongs to: its access and refresh tokens")
            .may_take::<LogoutBody>()
            .gives::<LogoutView>();
    let info = RouteInfo::public(RouteMethod::Post, "/v1/logout", Access::User);
    vec![Route::new(info, post(log_out), description)]
}

async fn log_out(
    State(state): State<AppState>,
    User(token): User,
    id: RequestId,
    OptionalJsonBody(body): OptionalJsonBody<LogoutBody>,
) -> Result<Response, Failure> {
    let wait = body.map_or(Wait::default(), |body| Wait { until: body.wait, timeout: body.timeout_ms });
    let ended = state.done(state.authority().log_out(&token, &id.text()).await)?;
    let propagation = PropagationView::of(wait.carried_out(&state, ended.position).await);
    Ok(reply::json(&LogoutView { position: ended.position.map(Position::number), propagation }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fields::assert_described;

    #[test]
    fn what_is_read_is_what_the_document_shows() {
        assert_described::<LogoutBody>();
    }
}
