//! `PUT` and `DELETE /v1/subjects/{subject}/bans/{service}`: a subject may not sign in for a while (S27).

use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{delete, put};
use quash_authority::{BanOutcome, BanRequest, Banned, Verb};
use quash_core::ids::{ClientId, Subject};
use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use quash_core::session::ban::{BanLevel, Service};
use quash_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::ServiceCaller;
use crate::ban_view::BanView;
use crate::error::{Conflict, Failure};
use crate::extract::{OptionalJsonBody, Query};
use crate::openapi::Description;
use crate::propagation::PropagationView;
use crate::reply;
use crate::request::bad_input::BadInput;
use crate::request::fields::{Body, Field, Fields};
use crate::request_id::RequestId;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::wait::{self, Timeout, Until, Wait};

const PATH: &str = "/v1/subjects/{subject}/bans/{service}";

/// How severe the ban is, and until when.
#[derive(ToSchema)]
struct BanBody {
    /// 0 to 9; 1 unless said. Zero warns: it is kept and shown, and refuses nothing. What the others mean is the
    /// caller's own.
    #[schema(value_type = Option<u8>)]
    level: Level,
    /// Why, in one word of `[a-z0-9_]`; `banned` unless said.
    #[schema(value_type = Option<String>)]
    reason: Reason,
    /// When it is over, to the instant; never unless said.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// `durable`: it is stored, and the server that answers refuses what it ended. `everywhere`: every verifier that
    /// holds a lease does. `durable` unless said.
    #[schema(value_type = Option<String>)]
    wait: Until,
    /// For how long `everywhere` is waited for, at most: up to 120000; 5000 unless said.
    #[schema(value_type = Option<u64>)]
    timeout_ms: Timeout,
}

/// A ban that stands.
#[derive(Serialize, ToSchema)]
struct BannedView {
    #[serde(flatten)]
    ban: BanView,
    /// The place in the log of the last entry that ended sessions within its reach; null where there were none.
    position: Option<u64>,
    #[serde(flatten)]
    propagation: PropagationView,
}

/// `level` of the body.
struct Level(BanLevel);

impl Field for Level {
    const EXPECTED: &'static str = "a whole number from 0 to 9";

    fn from_value(value: Value) -> Option<Self> {
        let number = value.as_u64().and_then(|number| u8::try_from(number).ok())?;
        BanLevel::new(number).map(Self)
    }
}

impl Body for BanBody {
    const NAMES: &'static [&'static str] = &["level", "reason", "until", wait::NAME, wait::TIMEOUT];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        let usual = Self::default();
        let level = fields.optional("level")?.unwrap_or(usual.level);
        let reason = fields.optional("reason")?.unwrap_or(usual.reason);
        let until = fields.optional("until")?;
        let Wait { until: wait, timeout } = Wait::read(fields)?;
        Ok(Self { level, reason, until, wait, timeout_ms: timeout })
    }
}

impl Default for BanBody {
    fn default() -> Self {
        let Wait { until: wait, timeout } = Wait::default();
        let reason = Reason::known(Reason::BANNED);
        Self { level: Level(BanLevel::USUAL), reason, until: None, wait, timeout_ms: timeout }
    }
}

/// Whom and where, from the path.
struct Place(Subject, Service);

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let texts = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((subject, service)) = texts.map_err(|_| Failure::NotFound)?;
        let place = Subject::new(subject).ok().zip(ClientId::new(service).ok());
        place.map(|(subject, service)| Self(subject, service.into())).ok_or(Failure::NotFound)
    }
}

pub(super) fn routes() -> Vec<Route> {
    let described = |what| {
        Description::new(what)
            .path("subject", "Whom")
            .path("service", "`*` for everywhere, else a `client_id`")
    };
    let put_it =
        described("Ban a subject: its sessions there end, and it signs in no more until the ban is over")
            .may_take::<BanBody>()
            .gives::<BannedView>();
    let lift_it = described("Lift a ban; what it ended stays ended").gives::<BanView>();
    vec![
        Route::new(RouteInfo::admin(RouteMethod::Put, PATH, Verb::Ban), put(ban), put_it),
        Route::new(RouteInfo::admin(RouteMethod::Delete, PATH, Verb::Ban), delete(lift), lift_it),
    ]
}

async fn ban(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    Place(subject, service): Place,
    id: RequestId,
    OptionalJsonBody(body): OptionalJsonBody<BanBody>,
) -> Result<Response, Failure> {
    let BanBody { level: Level(level), reason, until, wait, timeout_ms: timeout } = body.unwrap_or_default();
    let request = BanRequest { subject, service, level, reason, until, cause: id.text().into() };
    let Banned { ban, position, through } = match state.done(state.authority().ban(&caller, request).await)? {
        BanOutcome::Banned(banned) => banned,
        BanOutcome::Aliased(new) => return Err(Failure::Conflict(Conflict::Alias { new })),
        _ => return Err(Failure::Unavailable { retryable: false }),
    };
    // A warning is waited for by nobody.
    let wait = through.map_or(Wait::default(), |_| Wait { until: wait, timeout });
    let propagation = PropagationView::of(wait.carried_out(&state, through).await);
    let position = position.map(Position::number);
    Ok(reply::json(&BannedView { ban: BanView::from(&ban), position, propagation }))
}

async fn lift(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    Place(subject, service): Place,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&[])?;
    let lifted = state.done(state.authority().lift_ban(&caller, &subject, &service).await)?;
    Ok(reply::json(&BanView::from(&lifted.ok_or(Failure::NotFound)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fields::assert_described;

    #[test]
    fn what_is_read_is_what_the_document_shows() {
        assert_described::<BanBody>();
    }
}
