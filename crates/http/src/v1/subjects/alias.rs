//! `POST /v1/subjects/{subject}/alias`: a subject gets another id (S22).

use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use quash_authority::{AliasOutcome, AliasRequest, Verb};
use quash_core::ids::Subject;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::ServiceCaller;
use crate::error::{Conflict, Failure};
use crate::extract::{JsonBody, PathId};
use crate::openapi::Description;
use crate::propagation::PropagationView;
use crate::reply;
use crate::request::bad_input::BadInput;
use crate::request::fields::{Body, Fields};
use crate::request_id::RequestId;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::wait::{self, Timeout, Until, Wait};

/// The id that takes the place of another one.
#[derive(ToSchema)]
struct AliasBody {
    /// The id from now on.
    #[schema(value_type = String)]
    new: Subject,
    /// `durable`: it is stored, and the server that answers refuses the tokens of the old id. `everywhere`: every verifier
    /// that holds a lease does. `durable` unless said.
    #[schema(value_type = Option<String>)]
    wait: Until,
    /// For how long `everywhere` is waited for, at most: up to 120000; 5000 unless said.
    #[schema(value_type = Option<u64>)]
    timeout_ms: Timeout,
}

/// An id that was changed.
#[derive(Serialize, ToSchema)]
struct AliasView {
    /// The id that nobody goes by any more.
    old: String,
    /// The id that took its place.
    new: String,
    /// The place in the log of the entry that ended the sessions of the old id.
    position: u64,
    #[serde(flatten)]
    propagation: PropagationView,
}

impl Body for AliasBody {
    const NAMES: &'static [&'static str] = &["new", wait::NAME, wait::TIMEOUT];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        let Wait { until, timeout } = Wait::read(fields)?;
        Ok(Self { new: fields.required("new")?, wait: until, timeout_ms: timeout })
    }
}

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new(
        "Change the id of a subject: what it was signed in as ends, and nobody signs in by it again",
    )
    .path("subject", "The id until now")
    .takes::<AliasBody>()
    .gives::<AliasView>();
    let info = RouteInfo::admin(RouteMethod::Post, "/v1/subjects/{subject}/alias", Verb::ChangeAlias);
    vec![Route::new(info, post(change), description)]
}

async fn change(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    PathId(old): PathId<Subject>,
    id: RequestId,
    JsonBody(body): JsonBody<AliasBody>,
) -> Result<Response, Failure> {
    let AliasBody { new, wait: until, timeout_ms: timeout } = body;
    let request = AliasRequest { old: old.clone(), new: new.clone(), cause: id.text().into() };
    match state.done(state.authority().change_alias(&caller, request).await)? {
        AliasOutcome::Changed(position) => {
            let wait = Wait { until, timeout };
            let propagation = PropagationView::of(wait.carried_out(&state, Some(position)).await);
            let (old, new) = (old.into(), new.into());
            Ok(reply::json(&AliasView { old, new, position: position.number(), propagation }))
        }
        AliasOutcome::Otherwise(new) | AliasOutcome::NewIsOld(new) => {
            Err(Failure::Conflict(Conflict::Alias { new }))
        }
        _ => Err(Failure::Unavailable { retryable: false }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fields::assert_described;

    #[test]
    fn what_is_read_is_what_the_document_shows() {
        assert_described::<AliasBody>();
    }
}
