//! `GET /v1/revocations`: the log, newest first.

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use quash_authority::Verb;
use quash_core::position::Position;

use super::PATH;
use crate::access::ServiceCaller;
use crate::error::Failure;
use crate::extract::Query;
use crate::openapi::Description;
use crate::reply;
use crate::request::paging::Paging;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::v1::views::{PageView, RevocationView};

pub(super) fn routes() -> Vec<Route> {
    let description =
        Description::new("List revocations, newest first").paged().gives_page::<RevocationView>();
    vec![Route::new(RouteInfo::admin(RouteMethod::Get, PATH, Verb::ReadRevocations), get(list), description)]
}

async fn list(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&["cursor", "limit"])?;
    let Paging { cursor, limit } = Paging::read(&params, cursor)?;
    let entries = state.done(state.authority().list_revocations(&caller, cursor, limit).await)?;
    let is_full = entries.len() == limit;
    let last = entries.last().filter(|_| is_full);
    let next_cursor = last.map(|entry| entry.position.to_string());
    let items = entries.into_iter().map(RevocationView::from).collect();
    Ok(reply::json(&PageView { items, next_cursor }))
}

fn cursor(text: &str) -> Option<Position> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain).and_then(|number| Position::new(number).ok())
}
