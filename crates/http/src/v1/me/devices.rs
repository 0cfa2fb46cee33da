//! `/v1/me/devices`: a user's own devices; one of them signed out.

use axum::extract::State;
use axum::response::Response;
use axum::routing::{delete, get};
use quash_core::ids::DeviceId;

use crate::access::{Access, User};
use crate::error::Failure;
use crate::extract::{PathId, Query};
use crate::openapi::Description;
use crate::reply;
use crate::request_id::RequestId;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::v1::devices::device_page;
use crate::v1::views::{EndedView, KnownDeviceView};

pub(super) fn routes() -> Vec<Route> {
    let list_them = Description::new("List the user's own devices that are signed in, by their ids")
        .paged()
        .gives_page::<KnownDeviceView>();
    let end_this = Description::new("End every session of one of the user's own devices")
        .path("id", "Which device")
        .gives::<EndedView>();
    let info = |method, path| RouteInfo::public(method, path, Access::User);
    vec![
        Route::new(info(RouteMethod::Get, "/v1/me/devices"), get(list), list_them),
        Route::new(info(RouteMethod::Delete, "/v1/me/devices/{id}"), delete(end_one), end_this),
    ]
}

async fn list(
    State(state): State<AppState>,
    User(token): User,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&["cursor", "limit"])?;
    let page = state.done(state.authority().own_devices(&token, device_page(&params)?).await)?;
    let view = KnownDeviceView::page(page, |held| KnownDeviceView::for_user(held, token.device()));
    Ok(reply::json(&view))
}

async fn end_one(
    State(state): State<AppState>,
    User(token): User,
    request: RequestId,
    PathId(device): PathId<DeviceId>,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&[])?;
    let ended = state.done(state.authority().end_own_device(&token, &device, &request.text()).await)?;
    Ok(reply::json(&EndedView::from(ended.ok_or(Failure::NotFound)?)))
}
