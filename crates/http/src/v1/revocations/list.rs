//! `GET /v1/revocations`: the log, newest first.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use quash_authority::{Caller, Verb};
use quash_core::position::Position;
use quash_core::revocation::entry::Entry;

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
    let Paging { cursor, limit } = Paging::read(&params, super::position)?;
    let page = state.done(state.authority().list_revocations(&caller, cursor, limit).await)?;
    let next_cursor = page.before.map(|position| position.to_string());
    let items = with_undos(&state, &caller, page.entries).await?;
    Ok(reply::json(&PageView { items, next_cursor }))
}

/// The entries, newest first, each with what took it back.
async fn with_undos(
    state: &AppState,
    caller: &Caller,
    entries: Vec<Entry>,
) -> Result<Vec<RevocationView>, Failure> {
    let (Some(newest), Some(oldest)) = (entries.first(), entries.last()) else { return Ok(Vec::new()) };
    let undone = state.authority().list_undone(caller, oldest.position, newest.position).await;
    let undone: BTreeMap<Position, Position> = state.done(undone)?.into_iter().collect();
    let view = |entry: Entry| {
        let by = undone.get(&entry.position).copied();
        RevocationView::undone_by(entry, by)
    };
    Ok(entries.into_iter().map(view).collect())
}
