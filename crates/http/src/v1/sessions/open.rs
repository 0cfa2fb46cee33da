//! `POST /v1/sessions`: a trusted backend opens a session for a user whom it has recognised.

mod body;

use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use quash_authority::{SignedIn, Verb};

use self::body::OpenSession;
use crate::access::ServiceCaller;
use crate::error::{Conflict, Failure};
use crate::extract::{IdempotencyKey, JsonBody};
use crate::openapi::Description;
use crate::reply;
use crate::request::idempotency_key;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::token_view::TokenView;

const PATH: &str = "/v1/sessions";

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new("Open a session for a user whom the caller has recognised")
        .header(idempotency_key::NAME, "Makes a request that is sent again open one session")
        .takes::<OpenSession>()
        .creates::<TokenView<'_>>();
    vec![Route::new(RouteInfo::admin(RouteMethod::Post, PATH, Verb::OpenSession), post(open), description)]
}

async fn open(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(body): JsonBody<OpenSession>,
) -> Result<Response, Failure> {
    let sign_in = body.sign_in(key);
    match state.done(state.authority().sign_in(&caller, sign_in).await)? {
        SignedIn::Open(reply) => {
            let base = &state.settings().base_path;
            let place = reply.session_id.as_ref().map(|id| format!("{base}{PATH}/{id}"));
            Ok(reply::created(&TokenView::from(&*reply), place.as_deref()))
        }
        SignedIn::Over(refusal) => Err(Failure::Conflict(Conflict::SessionOver { reason: refusal.reason })),
        SignedIn::LimitReached(limit) => Err(Failure::Conflict(Conflict::SessionLimit(limit))),
        SignedIn::Banned(ban) => Err(Failure::Conflict(Conflict::Banned(ban))),
        SignedIn::Aliased(new) => Err(Failure::Conflict(Conflict::Alias { new })),
        SignedIn::KeyUsedOtherwise => Err(Failure::Conflict(Conflict::KeyUsedOtherwise)),
        _ => Err(Failure::Unavailable { retryable: false }),
    }
}
