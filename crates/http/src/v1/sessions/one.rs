//! `GET` and `DELETE /v1/sessions/{sid}`: support looks at one session, or ends it.

use axum::extract::State;
use axum::response::Response;
use axum::routing::{delete, get};
use quash_authority::Verb;
use quash_core::ids::SessionId;
use quash_core::revocation::reason::Reason;

use crate::access::ServiceCaller;
use crate::error::Failure;
use crate::extract::{PathId, Query};
use crate::openapi::Description;
use crate::reply;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::v1::views::{EndedView, SessionView};

const PATH: &str = "/v1/sessions/{sid}";

pub(super) fn routes() -> Vec<Route> {
    let look_at = Description::new("Look at one session").path("sid", "The session").gives::<SessionView>();
    let end = Description::new("End one session: its access and refresh tokens, nobody else's")
        .path("sid", "The session")
        .query("reason", "Why, in one word of `[a-z0-9_]`; `admin` unless said")
        .gives::<EndedView>();
    vec![
        Route::new(RouteInfo::admin(RouteMethod::Get, PATH, Verb::ReadSessions), get(look), look_at),
        Route::new(RouteInfo::admin(RouteMethod::Delete, PATH, Verb::EndSession), delete(end_it), end),
    ]
}

async fn look(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    PathId(id): PathId<SessionId>,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&[])?;
    let listed = state.done(state.authority().session(&caller, &id).await)?.ok_or(Failure::NotFound)?;
    Ok(reply::json(&SessionView::for_service(listed, state.authority().now())))
}

async fn end_it(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    PathId(id): PathId<SessionId>,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&["reason"])?;
    let reason = params.optional("reason")?.unwrap_or_else(|| Reason::known(Reason::ADMIN));
    let ended = state.done(state.authority().end_session(&caller, &id, reason).await)?;
    Ok(reply::json(&EndedView::from(ended.ok_or(Failure::NotFound)?)))
}
