//! `/v1/me/sessions`: a user's live sessions; one of them ended, all but this one, or all.

use axum::extract::State;
use axum::response::Response;
use axum::routing::{delete, get};
use quash_core::ids::SessionId;

use crate::access::{Access, User};
use crate::error::Failure;
use crate::extract::{PathId, Query};
use crate::openapi::Description;
use crate::reply;
use crate::request::bad_input::BadInput;
use crate::request_id::RequestId;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::v1::sessions::{page_view, session_page};
use crate::v1::views::{EndedView, SessionView};

const ALL: &str = "/v1/me/sessions";
/// What `except` can be.
const SPARED: &str = "`current` or `none`";
const ONE: &str = "/v1/me/sessions/{sid}";

pub(super) fn routes() -> Vec<Route> {
    let list_them = Description::new("List the user's own live sessions, newest first")
        .paged()
        .gives_page::<SessionView>();
    let end_others = Description::new("End the user's own sessions, all or all but the one that asks")
        .query("except", "Which one is spared: `current`, or `none`; has to be there")
        .gives::<EndedView>();
    let end_this = Description::new("End one of the user's own sessions")
        .path("sid", "The session")
        .gives::<EndedView>();
    let info = |method, path| RouteInfo::public(method, path, Access::User);
    vec![
        Route::new(info(RouteMethod::Get, ALL), get(list), list_them),
        Route::new(info(RouteMethod::Delete, ALL), delete(end_all), end_others),
        Route::new(info(RouteMethod::Delete, ONE), delete(end_one), end_this),
    ]
}

async fn list(
    State(state): State<AppState>,
    User(token): User,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&["cursor", "limit"])?;
    let page = session_page(&params)?;
    let page = state.done(state.authority().own_sessions(&token, page).await)?;
    let now = state.authority().now();
    Ok(reply::json(&page_view(page, |listed| SessionView::for_user(listed, now, token.session()))))
}

async fn end_one(
    State(state): State<AppState>,
    User(token): User,
    PathId(id): PathId<SessionId>,
    request: RequestId,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&[])?;
    let ended = state.done(state.authority().end_own_session(&token, &id, &request.text()).await)?;
    Ok(reply::json(&EndedView::from(ended.ok_or(Failure::NotFound)?)))
}

async fn end_all(
    State(state): State<AppState>,
    User(token): User,
    request: RequestId,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&["except"])?;
    // Never a default: whoever forgets it would lose the session that asks, too.
    let ended = match params.text("except") {
        Some("current") => state.authority().end_own_sessions_except_current(&token, &request.text()).await,
        Some("none") => state.authority().end_own_sessions(&token, &request.text()).await,
        Some(_) => return Err(BadInput::invalid("except", SPARED).into()),
        None => return Err(BadInput::missing("except", SPARED).into()),
    };
    let ended = state.done(ended)?;
    Ok(reply::json(&EndedView::from(ended)))
}
