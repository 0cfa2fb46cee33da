//! `POST /v1/sessions/{sid}/clients`: a second client joins a sign-in (S53).

use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use quash_authority::{JoinSession, JoinedSession, Verb};
use quash_core::ids::{ClientId, SessionId};
use utoipa::ToSchema;

use crate::access::ServiceCaller;
use crate::error::{Conflict, Failure};
use crate::extract::{JsonBody, PathId};
use crate::openapi::Description;
use crate::reply;
use crate::request::bad_input::BadInput;
use crate::request::fields::{Body, Fields};
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::token_view::TokenView;

/// A client to add to a session.
#[derive(ToSchema)]
struct JoinBody {
    /// Which client.
    #[schema(value_type = String)]
    client_id: ClientId,
    /// What its tokens may do: names divided by single spaces, within the client's.
    #[schema(value_type = Option<String>)]
    scope: Option<Box<str>>,
}

impl Body for JoinBody {
    const NAMES: &'static [&'static str] = &["client_id", "scope"];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        Ok(Self { client_id: fields.required("client_id")?, scope: fields.optional("scope")? })
    }
}

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new("Give another client tokens of its own in the same sign-in")
        .path("sid", "The session")
        .takes::<JoinBody>()
        .creates::<TokenView<'_>>();
    let info = RouteInfo::admin(RouteMethod::Post, "/v1/sessions/{sid}/clients", Verb::OpenSession);
    vec![Route::new(info, post(join), description)]
}

async fn join(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    PathId(id): PathId<SessionId>,
    JsonBody(body): JsonBody<JoinBody>,
) -> Result<Response, Failure> {
    let join = JoinSession { client: body.client_id, scope: body.scope };
    match state.done(state.authority().join(&caller, &id, join).await)? {
        JoinedSession::Open(reply) => Ok(reply::created(&TokenView::from(&*reply), None)),
        JoinedSession::Over(refusal) => {
            Err(Failure::Conflict(Conflict::SessionOver { reason: refusal.reason }))
        }
        JoinedSession::LimitReached(limit) => Err(Failure::Conflict(Conflict::SessionLimit(limit))),
        JoinedSession::Banned(ban) => Err(Failure::Conflict(Conflict::Banned(ban))),
        _ => Err(Failure::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fields::assert_described;

    #[test]
    fn what_is_read_is_what_the_document_shows() {
        assert_described::<JoinBody>();
    }
}
