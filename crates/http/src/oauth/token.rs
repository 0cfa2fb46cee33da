//! `POST /oauth/token`: `refresh_token` and `client_credentials` (RFC 6749 sections 4.4 and 6).

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use quash_authority::{AuthenticatedClient, ClientTokens, Refreshed, Refusal, RefusalKind, TokenReply};
use utoipa::ToSchema;

use super::client;
use crate::access::Access;
use crate::error::OAuthFailure;
use crate::extract::OAuthForm;
use crate::openapi::Description;
use crate::reply;
use crate::request::authorization::Authorization;
use crate::request::params::Params;
use crate::request_id::RequestId;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::token_refusal::remedy_word;
use crate::token_view::TokenView;

/// The parameters. Unknown ones are ignored (RFC 6749 section 3.2).
#[derive(ToSchema)]
#[expect(dead_code, reason = "described for the OpenAPI document; the parameters are read by name")]
struct TokenForm {
    /// `refresh_token` or `client_credentials`.
    grant_type: String,
    /// The refresh token.
    refresh_token: Option<String>,
    /// Less than was granted; all of it unless said.
    scope: Option<String>,
    /// The client, where it does not use the `Authorization` header.
    client_id: Option<String>,
    /// Its secret, where it has one and does not use the `Authorization` header.
    client_secret: Option<String>,
}

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new("Renew tokens, or get one for the client itself")
        .takes_form::<TokenForm>()
        .gives::<TokenView<'_>>();
    let info = RouteInfo::public(RouteMethod::Post, "/oauth/token", Access::Client);
    vec![Route::new(info, post(token), description)]
}

async fn token(
    State(state): State<AppState>,
    headers: HeaderMap,
    id: RequestId,
    OAuthForm(params): OAuthForm,
) -> Result<Response, OAuthFailure> {
    let grant_type = params.required("grant_type", "`refresh_token` or `client_credentials`")?;
    let client = client::authenticate(&state, &Authorization::of(&headers), &params)?;
    let client = client.asking_in(client::request(id, &headers));
    let granted = match grant_type {
        "refresh_token" => refresh(&state, &client, &params).await?,
        "client_credentials" => client_credentials(&state, &client, &params).await?,
        _ => return Err(OAuthFailure::UnsupportedGrantType),
    };
    Ok(reply::token(&TokenView::from(&*granted)))
}

async fn refresh(
    state: &AppState,
    client: &AuthenticatedClient,
    params: &Params,
) -> Result<Box<TokenReply>, OAuthFailure> {
    let token = params.required("refresh_token", "a refresh token")?;
    match state.done(state.authority().refresh(client, token, params.filled("scope")).await)? {
        Refreshed::Renewed(reply) => Ok(reply),
        Refreshed::Refused(refusal) => Err(refusal.into()),
        _ => Err(OAuthFailure::UnsupportedGrantType),
    }
}

async fn client_credentials(
    state: &AppState,
    client: &AuthenticatedClient,
    params: &Params,
) -> Result<Box<TokenReply>, OAuthFailure> {
    match state.done(state.authority().client_credentials(client, params.filled("scope")).await)? {
        ClientTokens::Granted(reply) => Ok(reply),
        ClientTokens::Refused(refusal) => Err(refusal.into()),
        _ => Err(OAuthFailure::UnsupportedGrantType),
    }
}

impl From<Refusal> for OAuthFailure {
    fn from(refusal: Refusal) -> Self {
        match refusal.kind {
            RefusalKind::InvalidScope => Self::InvalidScope,
            RefusalKind::UnauthorizedClient => Self::UnauthorizedClient,
            // A kind that this version does not know is a refusal of the grant.
            _ => Self::InvalidGrant {
                reason: refusal.reason,
                remedy: remedy_word(refusal.remedy),
                replaced_by: refusal.replaced_by,
                banned_until: refusal.banned_until,
            },
        }
    }
}
