//! `POST /v1/activity`: verifiers elsewhere report which sessions were used (S05).

use axum::extract::State;
use axum::http::Extensions;
use axum::response::Response;
use axum::routing::post;
use quash_authority::{Noted, Verb};
use quash_core::ids::{ClientId, DeviceId, SessionId};
use quash_core::session::last_use::{LastUse, UsedBy};
use quash_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Access;
use crate::error::Failure;
use crate::extract::JsonBody;
use crate::node::TakesActivity;
use crate::openapi::Description;
use crate::reply;
use crate::request::bad_input::BadInput;
use crate::request::fields::{Body, Fields};
use crate::route::{Route, RouteInfo, RouteMethod};

/// The sessions that were used: as many as the body has room for, some four hundred.
#[derive(ToSchema)]
struct ActivityBody {
    /// Each sign-in once, with its latest use.
    sessions: Vec<SeenBody>,
}

/// The last use of a sign-in that the verifier saw.
#[derive(ToSchema)]
struct SeenBody {
    /// `sid` of the token that was accepted.
    #[schema(value_type = String)]
    sid: SessionId,
    /// Its `client_id`.
    #[schema(value_type = String)]
    client_id: ClientId,
    /// Its `device_id`, if it has one.
    #[schema(value_type = Option<String>)]
    device_id: Option<DeviceId>,
    /// When it was accepted. What lies in the future here counts as now.
    #[schema(value_type = String)]
    at: Timestamp,
}

/// What became of a report.
#[derive(Serialize, ToSchema)]
struct ActivityView {
    /// Uses of sessions that live; at an edge, uses that it passes on with its own report.
    noted: u64,
    /// Uses of sessions that are unknown or over, or of sign-ins that are cut off.
    ignored: u64,
}

impl Body for ActivityBody {
    const NAMES: &'static [&'static str] = &["sessions"];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        let sessions = fields.objects("sessions")?;
        Ok(Self { sessions: sessions.into_iter().map(SeenBody::from_fields).collect::<Result<_, _>>()? })
    }
}

impl Body for SeenBody {
    const NAMES: &'static [&'static str] = &["sid", "client_id", "device_id", "at"];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        Ok(Self {
            sid: fields.required("sid")?,
            client_id: fields.required("client_id")?,
            device_id: fields.optional("device_id")?,
            at: fields.required("at")?,
        })
    }
}

impl From<SeenBody> for LastUse {
    fn from(SeenBody { sid: session, client_id: client, device_id: device, at }: SeenBody) -> Self {
        Self { by: UsedBy { session, client, device }, at }
    }
}

pub(crate) fn routes<N: TakesActivity>() -> Vec<Route<N>> {
    let description = Description::new("Report which sessions were used at a verifier elsewhere")
        .takes::<ActivityBody>()
        .gives::<ActivityView>();
    let access = Access::Service(Verb::ReportActivity);
    let info = RouteInfo::public(RouteMethod::Post, "/v1/activity", access);
    vec![Route::new(info, post(report::<N>), description)]
}

async fn report<N: TakesActivity>(
    State(node): State<N>,
    extensions: Extensions,
    JsonBody(body): JsonBody<ActivityBody>,
) -> Result<Response, Failure> {
    let uses = body.sessions.into_iter().map(LastUse::from).collect();
    let Noted { noted, ignored } = node.take_report(&extensions, uses).await?;
    Ok(reply::json(&ActivityView { noted, ignored }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fields::assert_described;

    #[test]
    fn what_is_read_is_what_the_document_shows() {
        assert_described::<ActivityBody>();
        assert_described::<SeenBody>();
    }
}
