//! `POST /oauth/revoke`: a client gives a token back (RFC 7009).

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use quash_authority::{AuthenticatedClient, PresentedToken, REFRESH_TOKEN_PREFIX};
use quash_core::position::Position;
use quash_core::revocation::rejection::Remedy;
use quash_core::verified::VerifiedClaims;
use quash_verify::Checked;
use utoipa::ToSchema;

use super::client;
use crate::access::Access;
use crate::error::{Failure, OAuthFailure};
use crate::extract::OAuthForm;
use crate::node::Node as _;
use crate::openapi::Description;
use crate::propagation::PropagationView;
use crate::reply;
use crate::request::authorization::Authorization;
use crate::request_id::RequestId;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::wait::Wait;

/// The parameters. Unknown ones are ignored.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described for the OpenAPI document; the parameters are read by name")]
struct RevokeForm {
    /// An access or a refresh token. A refresh token ends its whole session.
    token: String,
    /// Not needed: the two kinds are told apart by their form, so a wrong hint does no harm.
    token_type_hint: Option<String>,
    /// `durable`, or `everywhere`: answer when every verifier that holds a lease enforces it, or its lease is over; the
    /// answer then says so, and is empty otherwise. `durable` unless said. An extension.
    wait: Option<String>,
    /// For how long `everywhere` is waited for, at most: up to 120000; 5000 unless said.
    timeout_ms: Option<u64>,
    /// The client, where it does not use the `Authorization` header.
    client_id: Option<String>,
    /// Its secret, where it has one and does not use the `Authorization` header.
    client_secret: Option<String>,
}

pub(super) fn routes() -> Vec<Route> {
    let description =
        Description::new("Give a token back").takes_form::<RevokeForm>().gives::<PropagationView>();
    let info = RouteInfo::public(RouteMethod::Post, "/oauth/revoke", Access::Client);
    vec![Route::new(info, post(revoke), description)]
}

/// Answers 200 to whatever there is nothing to do about: an unknown token, one that is over, one of another client
/// (RFC 7009 section 2.2). Nobody learns from it which tokens exist: who waits for everywhere does so in any case.
async fn revoke(
    State(state): State<AppState>,
    headers: HeaderMap,
    id: RequestId,
    OAuthForm(params): OAuthForm,
) -> Result<Response, OAuthFailure> {
    let client = client::authenticate(&state, &Authorization::of(&headers), &params)?;
    let client = client.asking_in(client::request(id, &headers));
    let token = params.required("token", "an access or a refresh token")?;
    let wait = Wait::of_params(&params)?;
    let position = give_back(&state, &client, token).await?;
    Ok(match wait.carried_out(&state, position).await {
        None => reply::empty(),
        propagation => reply::json(&PropagationView::of(propagation)),
    })
}

/// Where the entry is that was made; `None` where there was nothing to do.
async fn give_back(
    state: &AppState,
    client: &AuthenticatedClient,
    token: &str,
) -> Result<Option<Position>, Failure> {
    if token.starts_with(REFRESH_TOKEN_PREFIX) {
        let presented = PresentedToken::Refresh(token);
        state.done(state.authority().revoke_token(client, presented).await)
    } else if let Some(claims) = living(&state.check(token)?) {
        let presented = PresentedToken::Access(claims);
        state.done(state.authority().revoke_token(client, presented).await)
    } else {
        Ok(None)
    }
}

/// What a token says that is accepted, or will be: one that this server's clock finds early is given back for good,
/// too.
fn living<'a>(checked: &'a Checked<'_>) -> Option<&'a VerifiedClaims> {
    match checked {
        Checked::Accepted(token) => Some(token.claims()),
        Checked::Rejected(refusal) if refusal.rejection().remedy() == Remedy::Wait => refusal.claims(),
        Checked::Rejected(_) => None,
    }
}
