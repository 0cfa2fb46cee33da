//! `GET /v1/sessions`: search for sessions, page by page.

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use quash_authority::{Filter, SessionPage, StateFilter, Verb};
use quash_core::session::address::AddressPrefix;
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

const PARAMETERS: [&str; 11] = [
    "jti",
    "subject",
    "device_id",
    "client_id",
    "ip",
    "place",
    "last_seen_after",
    "last_seen_before",
    "state",
    "cursor",
    "limit",
];

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new("Search for sessions, newest first. A page may be short and have a next one")
        .query("jti", "The one that our access token of this `jti` is of")
        .query("subject", "Of this subject")
        .query("device_id", "On this device")
        .query("client_id", "With tokens of this client")
        .query("ip", "Signed in from this address, or from one in this range: `192.0.2.0/24`; highest address first")
        .query("place", "Signed in at this place, whatever the case of its letters")
        .query(
            "last_seen_after",
            "Last used at this time or later; where nothing but times and `state` is asked for, longest unused first, by the hour",
        )
        .query("last_seen_before", "Last used before this time; the same order")
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
    let Paging { cursor, limit } = Paging::read(params, |text| Some(text.into()))?;
    Ok(SessionPage { cursor, limit })
}

/// A page of sessions.
pub(in crate::v1) fn page_view(
    page: quash_authority::Page<quash_authority::Listed>,
    view: impl Fn(quash_authority::Listed) -> SessionView,
) -> PageView<SessionView> {
    PageView { items: page.items.into_iter().map(view).collect(), next_cursor: page.next_cursor }
}

fn filter(params: &Params) -> Result<Filter, BadInput> {
    let state: Option<Asked<StateFilter>> = params.optional("state")?;
    Ok(Filter {
        token: params.optional("jti")?,
        subject: params.optional("subject")?,
        device: params.optional("device_id")?,
        client: params.optional("client_id")?,
        ip: params.optional::<Asked<AddressPrefix>>("ip")?.map(|asked| asked.0),
        place: params.optional("place")?,
        last_used_from: params.optional("last_seen_after")?,
        last_used_before: params.optional("last_seen_before")?,
        state: state.map_or(StateFilter::Any, |asked| asked.0),
    })
}

/// What the query asks for.
struct Asked<T>(T);

impl Field for Asked<AddressPrefix> {
    const EXPECTED: &'static str =
        "an IPv4 or IPv6 address, or a range of them: `192.0.2.0/24`, `2001:db8::/32`";

    fn from_value(value: Value) -> Option<Self> {
        value.as_str()?.parse().ok().map(Self)
    }
}

impl Field for Asked<StateFilter> {
    const EXPECTED: &'static str = "`active` or `ended`";

    fn from_value(value: Value) -> Option<Self> {
        match value.as_str()? {
            "active" => Some(Self(StateFilter::Active)),
            "ended" => Some(Self(StateFilter::Ended)),
            _ => None,
        }
    }
}
