//! `GET /v1/clients`: the OAuth clients as they are configured.

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use quash_authority::settings::{ClientKind, GrantType, Lifetimes};
use quash_authority::{ClientProfile, Verb};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Failure;
use crate::extract::Query;
use crate::openapi::Description;
use crate::reply;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::v1::views::PageView;

/// An OAuth client.
#[derive(Serialize, ToSchema)]
struct ClientView {
    /// `client_id`.
    client_id: String,
    /// `public`, or `confidential` when it has a secret.
    kind: &'static str,
    /// `aud` of its access tokens.
    audiences: Vec<String>,
    /// What it may use at the token endpoint.
    grant_types: Vec<&'static str>,
    /// Seconds that an access token lives.
    access_seconds: u64,
    /// Seconds that a session lives which nobody uses.
    idle_seconds: u64,
    /// Seconds that a session lives, whatever its use.
    absolute_seconds: u64,
    /// `typ` of its access tokens.
    token_type: &'static str,
}

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new("List the OAuth clients").gives_page::<ClientView>();
    let info = RouteInfo::admin(RouteMethod::Get, "/v1/clients", Verb::ReadCredentials);
    vec![Route::new(info, get(list), description)]
}

async fn list(State(state): State<AppState>, Query(params): Query) -> Result<Response, Failure> {
    params.only(&[])?;
    let settings = state.authority().settings();
    let views = settings.clients.iter().map(|client| ClientView::of(client, &settings.lifetimes));
    Ok(reply::json(&PageView::whole(views.collect())))
}

impl ClientView {
    fn of(client: &ClientProfile, usual: &Lifetimes) -> Self {
        let lifetimes = client.lifetimes.as_ref().unwrap_or(usual);
        Self {
            client_id: client.id.as_str().into(),
            kind: if client.kind == ClientKind::Public { "public" } else { "confidential" },
            audiences: client.audiences.iter().map(ToString::to_string).collect(),
            grant_types: client.grant_types.iter().filter_map(|grant| grant_type_word(*grant)).collect(),
            access_seconds: lifetimes.access.as_secs(),
            idle_seconds: lifetimes.idle.as_secs(),
            absolute_seconds: lifetimes.absolute.as_secs(),
            token_type: client.token_type.name(),
        }
    }
}

const fn grant_type_word(grant: GrantType) -> Option<&'static str> {
    match grant {
        GrantType::RefreshToken => Some("refresh_token"),
        GrantType::ClientCredentials => Some("client_credentials"),
        _ => None,
    }
}
