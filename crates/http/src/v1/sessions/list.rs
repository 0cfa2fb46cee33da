//! `GET /v1/sessions`: a page of sessions, newest first.

use std::net::IpAddr;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use quash_authority::{Filter, SessionPage, StateFilter, Verb};
use quash_core::ids::SessionId;
use serde_json::Value;

use crate::access::ServiceCaller;
use crate::error::Failure;
use crate::extract::Query;
use crate::openapi::Description;
use crate::reply;
use crate::request::bad_input::BadInput;
use crate::request::fields::Field;
use crate::request::paging::Paging;
use crate::request::params::Params;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::v1::views::{PageView, SessionView};

const PARAMETERS: [&str; 7] = ["subject", "device_id", "client_id", "ip", "state", "cursor", "limit"];

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new("List sessions, newest first")
        .query("subject", "Of this subject")
        .query("device_id", "On this device")
        .query("client_id", "With tokens of this client")
        .query("ip", "Signed in from this address")
        .query("state", "`active` or `ended`; both unless said")
        .paged()
        .gives_page::<SessionView>();
    let info = RouteInfo::admin(RouteMethod::Get, "/v1/sessions", Verb::ReadSessions);
    vec![Route::new(info, get(list), description)]
}

async fn list(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&PARAMETERS)?;
    let page = session_page(&params)?;
    let page = state.done(state.authority().list_sessions(&caller, filter(&params)?, page).await)?;
    let now = state.authority().now();
    let view = page_view(page, |listed| SessionView::for_service(listed, now));
    Ok(reply::json(&view))
}

/// Which page the query asks for.
pub(in crate::v1) fn session_page(params: &Params) -> Result<SessionPage, BadInput> {
    let Paging { cursor, limit } = Paging::read(params, |text| SessionId::new(text).ok())?;
    Ok(SessionPage { after: cursor, limit })
}

/// A page of sessions: the cursor of the next one is its last session.
pub(in crate::v1) fn page_view(
    page: quash_authority::Page<quash_authority::Listed>,
    view: impl Fn(quash_authority::Listed) -> SessionView,
) -> PageView<SessionView> {
    let last = page.items.last().filter(|_| page.more);
    let next_cursor = last.map(|listed| listed.session.id.as_str().to_owned());
    PageView { items: page.items.into_iter().map(view).collect(), next_cursor }
}

fn filter(params: &Params) -> Result<Filter, BadInput> {
    let state: Option<Asked> = params.optional("state")?;
    let ip: Option<IpAddr> = params.optional("ip")?;
    Ok(Filter {
        subject: params.optional("subject")?,
        device: params.optional("device_id")?,
        client: params.optional("client_id")?,
        ip: ip.map(|ip| ip.to_string().into()),
        state: state.map_or(StateFilter::Any, |asked| asked.0),
    })
}

/// `state` of the query.
struct Asked(StateFilter);

impl Field for Asked {
    const EXPECTED: &'static str = "`active` or `ended`";

    fn from_value(value: Value) -> Option<Self> {
        match value.as_str()? {
            "active" => Some(Self(StateFilter::Active)),
            "ended" => Some(Self(StateFilter::Ended)),
            _ => None,
        }
    }
}
