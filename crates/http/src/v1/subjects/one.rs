//! `GET /v1/subjects/{subject}`: the state of one subject.

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use quash_authority::Verb;
use quash_core::ids::Subject;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::ServiceCaller;
use crate::ban_view::BanView;
use crate::error::Failure;
use crate::extract::{PathId, Query};
use crate::openapi::Description;
use crate::reply;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;

/// What holds for a subject. One that nothing is known of has no bans.
#[derive(Serialize, ToSchema)]
struct SubjectView {
    /// Whom it is about.
    subject: String,
    /// The id that it goes by now, where it got another one.
    alias: Option<String>,
    /// The bans that stand, in the order of their services.
    bans: Vec<StandingBanView>,
}

/// A ban, and where it holds.
#[derive(Serialize, ToSchema)]
struct StandingBanView {
    /// `*` for everywhere, else a `client_id`.
    service: String,
    #[serde(flatten)]
    ban: BanView,
}

pub(super) fn routes() -> Vec<Route> {
    let description =
        Description::new("Look at the state of a subject").path("subject", "Whom").gives::<SubjectView>();
    let info = RouteInfo::admin(RouteMethod::Get, "/v1/subjects/{subject}", Verb::ReadSubjects);
    vec![Route::new(info, get(look), description)]
}

async fn look(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    PathId(subject): PathId<Subject>,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&[])?;
    let bans = state.done(state.authority().bans(&caller, &subject).await)?.into_iter();
    let bans = bans.map(|standing| StandingBanView {
        service: standing.service.as_str().into(),
        ban: BanView::from(&standing.ban),
    });
    let alias = state.done(state.authority().alias(&caller, &subject).await)?;
    let alias = alias.map(|alias| alias.new.into());
    Ok(reply::json(&SubjectView { subject: subject.as_str().into(), alias, bans: bans.collect() }))
}
