//! `DELETE /v1/subjects/{subject}/devices/{id}`: one device is signed out.

use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::delete;
use quash_authority::Verb;
use quash_core::ids::{DeviceId, Subject};
use quash_core::revocation::reason::Reason;

use crate::access::ServiceCaller;
use crate::error::Failure;
use crate::extract::Query;
use crate::openapi::Description;
use crate::reply;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::v1::views::EndedView;

/// Whose device, and which, from the path.
struct Owned(Subject, DeviceId);

impl<S: Send + Sync> FromRequestParts<S> for Owned {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let texts = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((subject, device)) = texts.map_err(|_| Failure::NotFound)?;
        let owned = Subject::new(subject).ok().zip(DeviceId::new(device).ok());
        owned.map(|(subject, device)| Self(subject, device)).ok_or(Failure::NotFound)
    }
}

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new("End every session of one device of a subject; not found without one")
        .path("subject", "Whose")
        .path("id", "Which device")
        .query("reason", "Why, in one word of `[a-z0-9_]`; `admin` unless said")
        .gives::<EndedView>();
    let path = "/v1/subjects/{subject}/devices/{id}";
    let info = RouteInfo::admin(RouteMethod::Delete, path, Verb::EndSession);
    vec![Route::new(info, delete(end_it), description)]
}

async fn end_it(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    Owned(subject, device): Owned,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&["reason"])?;
    let reason = params.optional("reason")?.unwrap_or_else(|| Reason::known(Reason::ADMIN));
    let ended = state.done(state.authority().end_device(&caller, &subject, &device, reason).await)?;
    Ok(reply::json(&EndedView::from(ended.ok_or(Failure::NotFound)?)))
}
