//! `/v1/one-time-tokens`: tokens that may be used once, made and spent.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use quash_authority::{NewOneTimeToken, OneTimeToken, SpendOutcome, Verb};
use quash_core::ids::Subject;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::access::ServiceCaller;
use crate::error::{Conflict, Failure};
use crate::extract::JsonBody;
use crate::openapi::Description;
use crate::reply;
use crate::request::bad_input::BadInput;
use crate::request::fields::{Body, Fields};
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;

const PATH: &str = "/v1/one-time-tokens";
const SPEND: &str = "/v1/one-time-tokens/spend";

/// A one-time token to make.
#[derive(ToSchema)]
struct OneTimeTokenBody {
    /// Whose.
    #[schema(value_type = String)]
    subject: Subject,
    /// What it is for, 1 to 256 bytes: whoever spends it names the same purpose.
    #[schema(value_type = String)]
    purpose: Box<str>,
    /// What it carries besides.
    #[schema(value_type = Option<Object>)]
    claims: Option<Map<String, Value>>,
    /// How long it lives; the longest life that is configured unless said.
    life_seconds: Option<u64>,
}

/// A one-time token that is used.
#[derive(ToSchema)]
struct SpendBody {
    /// The token.
    #[schema(value_type = String)]
    token: Box<str>,
    /// What it is used for.
    #[schema(value_type = String)]
    purpose: Box<str>,
}

/// A one-time token.
#[derive(Serialize, ToSchema)]
struct OneTimeTokenView<'a> {
    /// The token. It is nowhere stored.
    token: &'a str,
    /// Its `jti`.
    id: &'a str,
    /// Seconds until it is over.
    expires_in: u64,
}

/// A one-time token that was spent: from now on it is refused.
#[derive(Serialize, ToSchema)]
struct SpentView<'a> {
    /// Its `jti`.
    id: &'a str,
    /// `sub`, `purpose` and whatever else it says.
    #[schema(value_type = Object)]
    claims: Map<String, Value>,
}

impl Body for OneTimeTokenBody {
    const NAMES: &'static [&'static str] = &["subject", "purpose", "claims", "life_seconds"];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        Ok(Self {
            subject: fields.required("subject")?,
            purpose: fields.required("purpose")?,
            claims: fields.optional("claims")?,
            life_seconds: fields.optional("life_seconds")?,
        })
    }
}

impl Body for SpendBody {
    const NAMES: &'static [&'static str] = &["token", "purpose"];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        Ok(Self { token: fields.required("token")?, purpose: fields.required("purpose")? })
    }
}

pub(super) fn routes() -> Vec<Route> {
    let make = Description::new("Make a token that may be used once")
        .takes::<OneTimeTokenBody>()
        .creates::<OneTimeTokenView<'_>>();
    let use_up = Description::new("Use a one-time token: of any number of uses one is answered with 200")
        .takes::<SpendBody>()
        .gives::<SpentView<'_>>();
    vec![
        Route::new(RouteInfo::admin(RouteMethod::Post, PATH, Verb::IssueOneTimeTokens), post(issue), make),
        Route::new(RouteInfo::admin(RouteMethod::Post, SPEND, Verb::SpendOneTimeTokens), post(spend), use_up),
    ]
}

async fn issue(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    JsonBody(body): JsonBody<OneTimeTokenBody>,
) -> Result<Response, Failure> {
    let new = NewOneTimeToken {
        subject: body.subject,
        purpose: body.purpose,
        claims: body.claims.unwrap_or_default(),
        life: body.life_seconds.map(Duration::from_secs),
    };
    let made = state.done(state.authority().issue_one_time_token(&caller, new).await)?;
    let OneTimeToken { token, id, expires_in } = &made;
    Ok(reply::created(
        &OneTimeTokenView { token: token.expose(), id: id.as_str(), expires_in: *expires_in },
        None,
    ))
}

async fn spend(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    JsonBody(body): JsonBody<SpendBody>,
) -> Result<Response, Failure> {
    let spent = state.authority().spend_one_time_token(&caller, &body.token, &body.purpose).await;
    match state.done(spent)? {
        SpendOutcome::Spent(spent) => {
            Ok(reply::json(&SpentView { id: spent.id.as_str(), claims: spent.claims.clone() }))
        }
        SpendOutcome::Refused(refusal) => {
            Err(Failure::Conflict(Conflict::NotSpent { reason: refusal.reason().as_ref().into() }))
        }
        _ => Err(Failure::Unavailable { retryable: true }),
    }
}
