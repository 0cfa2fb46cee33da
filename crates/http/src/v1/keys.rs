//! `/v1/keys`: the signing keys, looked at and rotated.

use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use quash_authority::{KeyInfo, KeyStage, Verb};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::ServiceCaller;
use crate::error::Failure;
use crate::extract::Query;
use crate::openapi::Description;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::v1::views::PageView;
use crate::{reply, rfc3339};

/// A signing key. Only its public half is ever shown, at `/.well-known/jwks.json`.
#[derive(Serialize, ToSchema)]
struct KeyView {
    /// `kid`.
    kid: String,
    /// `alg`.
    alg: String,
    /// `announced`, `active` or `retired`.
    state: &'static str,
    /// When it was made.
    created_at: Option<String>,
    /// When the last token that it signed is over; null unless it is retired.
    retired_until: Option<String>,
}

/// A rotation.
#[derive(Serialize, ToSchema)]
struct RotatedView {
    /// `kid` of the key that signs now.
    active: String,
    /// `kid` of the key that signed before. It stays published until its last token is over.
    retired: Option<String>,
}

pub(super) fn routes() -> Vec<Route> {
    let list_them = Description::new("List the signing keys, oldest first").gives_page::<KeyView>();
    let make_new =
        Description::new("Sign with a new key from now on; no valid token is refused").gives::<RotatedView>();
    vec![
        Route::new(RouteInfo::admin(RouteMethod::Get, "/v1/keys", Verb::ReadKeys), get(list), list_them),
        Route::new(
            RouteInfo::admin(RouteMethod::Post, "/v1/keys/rotate", Verb::RotateKeys),
            post(rotate),
            make_new,
        ),
    ]
}

async fn list(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&[])?;
    let keys = state.done(state.authority().list_keys(&caller))?;
    Ok(reply::json(&PageView::whole(keys.into_iter().map(KeyView::from).collect())))
}

async fn rotate(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
) -> Result<Response, Failure> {
    let rotated = state.done(state.authority().rotate_keys(&caller).await)?;
    let (active, retired) = (rotated.active.into(), rotated.retired.map(Into::into));
    Ok(reply::json(&RotatedView { active, retired }))
}

impl From<KeyInfo> for KeyView {
    fn from(key: KeyInfo) -> Self {
        let (state, until) = match key.stage {
            KeyStage::Active => ("active", None),
            KeyStage::Retired { until } => ("retired", Some(until)),
            _ => ("announced", None),
        };
        Self {
            kid: key.id.into(),
            alg: key.algorithm.into(),
            state,
            created_at: rfc3339::format(key.created_at),
            retired_until: until.and_then(rfc3339::format),
        }
    }
}
