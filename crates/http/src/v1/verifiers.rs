//! `GET /v1/verifiers`: who follows the feed, how far behind, and for how long it may accept without hearing from here.

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use quash_authority::{Verb, VerifierInfo, VerifierPage};
use quash_core::lease::Instance;
use quash_core::position::Position;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::ServiceCaller;
use crate::error::Failure;
use crate::extract::Query;
use crate::openapi::Description;
use crate::propagation::milliseconds_rounded_up;
use crate::request::paging::Paging;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::v1::views::PageView;
use crate::{reply, rfc3339};

/// A verifier.
#[derive(Serialize, ToSchema)]
struct VerifierView {
    /// What people call it.
    verifier: String,
    /// Which run of which process: 32 hexadecimal digits, other ones after each start.
    instance: String,
    /// The position that it has applied and stored everything up to; null before it said so.
    watermark: Option<u64>,
    /// How many positions it is behind the head; null before it said where it is.
    lag: Option<u64>,
    /// When it said so.
    acknowledged_at: Option<String>,
    /// Whether it has a connection to this server.
    connected: bool,
    /// For how long it may accept without hearing from this server, in milliseconds; 0 when it may not.
    lease_ends_in_ms: u64,
    /// Whether it goes on accepting when its lease is over, as its operator wants.
    unfenced: bool,
    /// Whether it hands the feed on to others. Its watermark is the lowest of all behind it.
    relay: bool,
}

pub(super) fn routes() -> Vec<Route> {
    let description =
        Description::new("List the verifiers that follow the feed").paged().gives_page::<VerifierView>();
    let info = RouteInfo::admin(RouteMethod::Get, "/v1/verifiers", Verb::ReadVerifiers);
    vec![Route::new(info, get(list), description)]
}

async fn list(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&["cursor", "limit"])?;
    let Paging { cursor, limit } = Paging::read(&params, Instance::parse)?;
    let page = VerifierPage { after: cursor, limit };
    let page = state.done(state.authority().list_verifiers(&caller, page))?;
    let items = page.items.into_iter().map(VerifierView::from).collect();
    Ok(reply::json(&PageView { items, next_cursor: page.next_cursor }))
}

impl From<VerifierInfo> for VerifierView {
    fn from(verifier: VerifierInfo) -> Self {
        Self {
            verifier: verifier.name.into(),
            instance: verifier.instance.to_string(),
            watermark: verifier.watermark.map(Position::number),
            lag: verifier.lag,
            acknowledged_at: verifier.acknowledged_at.and_then(rfc3339::format),
            connected: verifier.connected,
            lease_ends_in_ms: milliseconds_rounded_up(verifier.lease_ends_in),
            unfenced: verifier.unfenced,
            relay: verifier.relay,
        }
    }
}
