//! `GET /v1/devices`: the devices of a subject.

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use quash_authority::{DevicePage, Verb};
use quash_core::ids::{DeviceId, Subject};

use crate::access::ServiceCaller;
use crate::error::Failure;
use crate::extract::Query;
use crate::openapi::Description;
use crate::reply;
use crate::request::bad_input::BadInput;
use crate::request::fields::Field as _;
use crate::request::paging::Paging;
use crate::request::params::Params;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::v1::views::KnownDeviceView;

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new("List the devices of a subject by their ids, ended ones too")
        .query("subject", "Whose; has to be there")
        .paged()
        .gives_page::<KnownDeviceView>();
    let info = RouteInfo::admin(RouteMethod::Get, "/v1/devices", Verb::ReadSessions);
    vec![Route::new(info, get(list), description)]
}

async fn list(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&["subject", "cursor", "limit"])?;
    let subject: Option<Subject> = params.optional("subject")?;
    let subject = subject.ok_or_else(|| BadInput::missing("subject", Subject::EXPECTED))?;
    let page = device_page(&params)?;
    let page = state.done(state.authority().list_devices(&caller, &subject, page).await)?;
    Ok(reply::json(&KnownDeviceView::page(page, KnownDeviceView::from)))
}

/// Which page the query asks for.
pub(super) fn device_page(params: &Params) -> Result<DevicePage, BadInput> {
    let Paging { cursor, limit } = Paging::read(params, |text| DeviceId::new(text).ok())?;
    Ok(DevicePage { after: cursor, limit })
}
