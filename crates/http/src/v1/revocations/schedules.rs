//! `/v1/schedules`: revocations that are made later, once or again and again (S25).

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use axum::routing::{delete, get, post};
use quash_authority::{RevocationRequest, ScheduleOutcome, Verb, When};
use quash_core::ids::ScheduleId;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::reason::Reason;
use quash_core::time::Timestamp;
use serde_json::Value;
use utoipa::ToSchema;

use super::revoke::TargetBody;
use crate::access::ServiceCaller;
use crate::error::{Conflict, Failure};
use crate::extract::{IdempotencyKey, JsonBody, PathId, Query};
use crate::openapi::Description;
use crate::reply;
use crate::request::bad_input::BadInput;
use crate::request::fields::{Body, Field, Fields};
use crate::request::idempotency_key;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::v1::except::ExceptBody;
use crate::v1::views::{DeletedView, PageView, ScheduleView};

const PATH: &str = "/v1/schedules";
const ONE: &str = "/v1/schedules/{id}";

/// A revocation to make later. One of `at`, `daily_at` and `every_seconds` at least.
#[derive(ToSchema)]
struct ScheduleBody {
    /// What it hits: anything but a key.
    target: TargetBody,
    /// `end` (sign in again), or `refresh` (the session lives, the token is renewed silently). `end` unless said.
    #[schema(value_type = Option<String>)]
    effect: Effect,
    /// What a cutoff spares.
    except: Option<ExceptBody>,
    /// Why, in one word of `[a-z0-9_]`; `admin` unless said.
    #[schema(value_type = Option<String>)]
    reason: Reason,
    /// The first time, or the only one: in the future, at most 366 days ahead.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// Every day at this time, UTC: `03:30`. Not beside the others.
    #[schema(value_type = Option<String>)]
    daily_at: Option<Minute>,
    /// Again after so many seconds each time: 60 to 31622400.
    every_seconds: Option<u64>,
}

/// Minutes after midnight.
#[derive(Clone, Copy)]
struct Minute(u16);

impl Field for Minute {
    const EXPECTED: &'static str = "a time of day from `00:00` to `23:59`";

    fn from_value(value: Value) -> Option<Self> {
        let (hour, minute) = value.as_str()?.split_once(':')?;
        let number = |text: &str, end: u16| {
            let plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u16>().ok().filter(|number| plain && *number < end)
        };
        Some(Self(number(hour, 24)? * 60 + number(minute, 60)?))
    }
}

impl Body for ScheduleBody {
    const NAMES: &'static [&'static str] =
        &["target", "effect", "except", "reason", "at", "daily_at", "every_seconds"];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        let target = fields.object("target")?.ok_or_else(|| BadInput::missing("target", "an object"))?;
        Ok(Self {
            target: TargetBody::from_fields(target)?,
            effect: fields.optional("effect")?.unwrap_or(Effect::End),
            except: fields.object("except")?.map(ExceptBody::from_fields).transpose()?,
            reason: fields.optional("reason")?.unwrap_or_else(|| Reason::known(Reason::ADMIN)),
            at: fields.optional("at")?,
            daily_at: fields.optional("daily_at")?,
            every_seconds: fields.optional("every_seconds")?,
        })
    }
}

impl ScheduleBody {
    fn when(&self) -> Result<When, BadInput> {
        match (self.at, self.daily_at, self.every_seconds) {
            (None, Some(Minute(minute)), None) => Ok(When::DailyAt { minute }),
            (_, Some(_), _) => {
                Err(BadInput::invalid("daily_at", "neither `at` nor `every_seconds` beside it"))
            }
            (first, None, Some(seconds)) => Ok(When::Every { first, every: Duration::from_secs(seconds) }),
            (Some(at), None, None) => Ok(When::At(at)),
            (None, None, None) => Err(BadInput::missing("at", "a time, or `daily_at`, or `every_seconds`")),
        }
    }

    fn into_request(self, idempotency: Option<Box<str>>) -> RevocationRequest {
        let (issuer, target) = self.target.into_parts();
        RevocationRequest {
            issuer,
            effect: self.effect,
            except: self.except.and_then(ExceptBody::exception),
            reason: self.reason,
            idempotency,
            ..RevocationRequest::end(target)
        }
    }
}

pub(super) fn routes() -> Vec<Route> {
    let list_them =
        Description::new("List the revocations that are to be made later").gives_page::<ScheduleView>();
    let make = Description::new("Have a revocation made later: once, every day, or every so often")
        .header(idempotency_key::NAME, "Makes a request that is sent again one schedule")
        .takes::<ScheduleBody>()
        .creates::<ScheduleView>();
    let remove = Description::new("Have a revocation not made after all")
        .path("id", "The schedule")
        .gives::<DeletedView<'_>>();
    let info = RouteInfo::admin;
    vec![
        Route::new(info(RouteMethod::Get, PATH, Verb::ReadSchedules), get(list), list_them),
        Route::new(info(RouteMethod::Post, PATH, Verb::ChangeSchedules), post(create), make),
        Route::new(info(RouteMethod::Delete, ONE, Verb::ChangeSchedules), delete(remove_it), remove),
    ]
}

async fn list(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&[])?;
    let schedules = state.done(state.authority().list_schedules(&caller).await)?;
    Ok(reply::json(&PageView::whole(schedules.into_iter().map(ScheduleView::from).collect())))
}

async fn create(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(body): JsonBody<ScheduleBody>,
) -> Result<Response, Failure> {
    let when = body.when()?;
    let outcome = state.authority().schedule(&caller, body.into_request(key), when).await;
    Ok(reply::created(&scheduled(state.done(outcome)?)?, None))
}

/// What was scheduled, or that there is no room.
pub(super) fn scheduled(outcome: ScheduleOutcome) -> Result<ScheduleView, Failure> {
    match outcome {
        ScheduleOutcome::Scheduled(schedule) => Ok(ScheduleView::from(*schedule)),
        ScheduleOutcome::Full { most } => Err(Failure::Conflict(Conflict::TooManySchedules { most })),
        _ => Err(Failure::Unavailable { retryable: false }),
    }
}

async fn remove_it(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    PathId(id): PathId<ScheduleId>,
) -> Result<Response, Failure> {
    if !state.done(state.authority().delete_schedule(&caller, &id).await)? {
        return Err(Failure::NotFound);
    }
    Ok(reply::json(&DeletedView { id: id.as_str() }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::request::fields::assert_described;

    #[test]
    fn what_is_read_is_what_the_document_shows() {
        assert_described::<ScheduleBody>();
    }

    #[test]
    fn a_time_of_day_is_two_digits_twice() {
        let minute = |text: &str| Minute::from_value(json!(text)).map(|Minute(minute)| minute);
        assert_eq!([minute("00:00"), minute("03:30"), minute("23:59")], [Some(0), Some(210), Some(1_439)]);
        for bad in ["24:00", "12:60", "3:30", "03:3", "+3:30", "0330", "", ":"] {
            assert_eq!(minute(bad), None, "{bad}");
        }
    }
}
