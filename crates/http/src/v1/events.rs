//! `POST /v1/events`: something happened to a subject, and a table says what that revokes (S26).

use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use quash_authority::{EventOutcome, SubjectEvent, Verb};
use quash_core::ids::Subject;
use quash_core::position::Position;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::except::ExceptBody;
use crate::access::ServiceCaller;
use crate::error::{Conflict, Failure};
use crate::extract::{IdempotencyKey, JsonBody};
use crate::openapi::Description;
use crate::propagation::PropagationView;
use crate::reply;
use crate::request::bad_input::BadInput;
use crate::request::fields::{Body, Fields};
use crate::request::idempotency_key;
use crate::request_id::RequestId;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::wait::{self, Timeout, Until, Wait};

const PATH: &str = "/v1/events";

/// Something that happened to a subject.
#[derive(ToSchema)]
struct EventBody {
    /// What: a row of the configured table.
    #[schema(value_type = String)]
    r#type: Box<str>,
    /// To whom.
    #[schema(value_type = String)]
    subject: Subject,
    /// What is spared, where the table lets such an event spare something.
    except: Option<ExceptBody>,
    /// What changed with it.
    detail: Option<DetailBody>,
    /// `durable`: it is in the log, and the server that answers enforces it. `everywhere`: every verifier that holds a
    /// lease does. `durable` unless said.
    #[schema(value_type = Option<String>)]
    wait: Until,
    /// For how long `everywhere` is waited for, at most: up to 120000; 5000 unless said.
    #[schema(value_type = Option<u64>)]
    timeout_ms: Timeout,
}

/// What changed with an event.
#[derive(ToSchema)]
struct DetailBody {
    /// What the live sessions of the subject carry from now on: these members are set, those that are null are taken out,
    /// the others stay. For an event after which sessions are renewed.
    #[schema(value_type = Object)]
    claims: Map<String, Value>,
}

impl Body for DetailBody {
    const NAMES: &'static [&'static str] = &["claims"];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        Ok(Self { claims: fields.required("claims")? })
    }
}

/// What an event came to.
#[derive(Serialize, ToSchema)]
struct EventView {
    /// What the table says: `all`, `others`, `renew` or `none`.
    reach: &'static str,
    /// The reason of the entry.
    reason: String,
    /// The entry's place in the log; null where the table says that nothing is revoked.
    position: Option<u64>,
    #[serde(flatten)]
    propagation: PropagationView,
}

impl Body for EventBody {
    const NAMES: &'static [&'static str] =
        &["type", "subject", "except", "detail", wait::NAME, wait::TIMEOUT];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        let Wait { until, timeout } = Wait::read(fields)?;
        Ok(Self {
            r#type: fields.required("type")?,
            subject: fields.required("subject")?,
            except: fields.object("except")?.map(ExceptBody::from_fields).transpose()?,
            detail: fields.object("detail")?.map(DetailBody::from_fields).transpose()?,
            wait: until,
            timeout_ms: timeout,
        })
    }
}

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new("Report what happened to a subject; a table says what that revokes")
        .header(idempotency_key::NAME, "Makes a request that is sent again one entry")
        .takes::<EventBody>()
        .gives::<EventView>();
    vec![Route::new(RouteInfo::admin(RouteMethod::Post, PATH, Verb::ReportEvents), post(report), description)]
}

async fn report(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    IdempotencyKey(idempotency): IdempotencyKey,
    id: RequestId,
    JsonBody(body): JsonBody<EventBody>,
) -> Result<Response, Failure> {
    let wait = Wait { until: body.wait, timeout: body.timeout_ms };
    let event = SubjectEvent {
        kind: body.r#type,
        subject: body.subject,
        except: body.except.and_then(ExceptBody::exception),
        claims: body.detail.map(|detail| detail.claims).unwrap_or_default(),
        idempotency,
        cause: id.text().into(),
    };
    match state.done(state.authority().report_event(&caller, event).await)? {
        EventOutcome::Done { rule, position } => {
            // What revoked nothing is waited for by nobody.
            let wait = position.map_or(Wait::default(), |_| wait);
            let propagation = PropagationView::of(wait.carried_out(&state, position).await);
            Ok(reply::json(&EventView {
                reach: rule.reach.name(),
                reason: rule.reason.as_str().into(),
                position: position.map(Position::number),
                propagation,
            }))
        }
        EventOutcome::KeyUsedOtherwise => Err(Failure::Conflict(Conflict::KeyUsedOtherwise)),
        _ => Err(Failure::Unavailable { retryable: false }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fields::assert_described;

    #[test]
    fn what_is_read_is_what_the_document_shows() {
        assert_described::<EventBody>();
        assert_described::<DetailBody>();
    }
}
