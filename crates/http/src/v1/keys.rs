//! `/v1/keys`: the signing keys, looked at and rotated.

use axum::extract::State;
use axum::response::Response;
use axum::routing::{delete, get, post};
use quash_authority::{KeyInfo, KeyRemoval, KeyStage, Verb};
use quash_core::ids::KeyId;
use quash_core::position::Position;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::ServiceCaller;
use crate::error::{Conflict, Failure};
use crate::extract::{PathId, Query};
use crate::openapi::Description;
use crate::propagation::PropagationView;
use crate::request::bad_input::BadInput;
use crate::request::params::Params;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::v1::views::PageView;
use crate::wait::{self, Wait};
use crate::{reply, rfc3339};

const ONE: &str = "/v1/keys/{kid}";

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

/// A key that is gone.
#[derive(Serialize, ToSchema)]
struct RemovedKeyView {
    /// Its `kid`.
    kid: String,
    /// The entry that refuses whatever it signed; null unless it was compromised.
    position: Option<u64>,
    #[serde(flatten)]
    propagation: PropagationView,
}

pub(super) fn routes() -> Vec<Route> {
    let list_them = Description::new("List the signing keys, oldest first").gives_page::<KeyView>();
    let make_new =
        Description::new("Sign with a new key from now on; no valid token is refused").gives::<RotatedView>();
    let take_away = Description::new(
        "Remove a signing key that nothing needs; or, if it is compromised, any key with all it signed",
    )
    .path("kid", "The key")
    .query("compromised", "`true`: whatever it signed is refused from now on; else a key in use is kept")
    .query(wait::NAME, "`everywhere` waits until every verifier refuses it, or has stopped accepting")
    .query(wait::TIMEOUT, "For how many milliseconds at most")
    .gives::<RemovedKeyView>();
    vec![
        Route::new(RouteInfo::admin(RouteMethod::Get, "/v1/keys", Verb::ReadKeys), get(list), list_them),
        Route::new(
            RouteInfo::admin(RouteMethod::Post, "/v1/keys/rotate", Verb::RotateKeys),
            post(rotate),
            make_new,
        ),
        Route::new(RouteInfo::admin(RouteMethod::Delete, ONE, Verb::RotateKeys), delete(remove), take_away),
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

async fn remove(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    PathId(id): PathId<KeyId>,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&["compromised", wait::NAME, wait::TIMEOUT])?;
    let (compromised, wait) = (is_compromised(&params)?, Wait::of_params(&params)?);
    let position = match state.done(state.authority().remove_key(&caller, &id, compromised).await)? {
        KeyRemoval::Removed => None,
        KeyRemoval::Killed { position } => Some(position),
        KeyRemoval::Needed { until } => {
            return Err(Failure::Conflict(Conflict::KeyNeeded { until: rfc3339::format(until) }));
        }
        KeyRemoval::InUse => return Err(Failure::Conflict(Conflict::KeyInUse)),
        _ => return Err(Failure::NotFound),
    };
    let propagation = PropagationView::of(wait.carried_out(&state, position).await);
    let position = position.map(Position::number);
    Ok(reply::json(&RemovedKeyView { kid: id.into(), position, propagation }))
}

fn is_compromised(params: &Params) -> Result<bool, BadInput> {
    match params.text("compromised") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(BadInput::invalid("compromised", "`true` or `false`")),
    }
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
