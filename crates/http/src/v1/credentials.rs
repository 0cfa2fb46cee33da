//! `/v1/credentials`: service credentials, made, listed and removed.

use axum::extract::State;
use axum::response::Response;
use axum::routing::{delete, get, post};
use quash_authority::{CredentialInfo, NewCredential, Role, Verb};
use quash_core::ids::{ClientId, CredentialId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::ServiceCaller;
use crate::error::Failure;
use crate::extract::{JsonBody, PathId, Query};
use crate::openapi::Description;
use crate::request::bad_input::BadInput;
use crate::request::fields::{Body, Field, Fields};
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::v1::views::{DeletedView, PageView};
use crate::{reply, rfc3339};

const PATH: &str = "/v1/credentials";
const ONE: &str = "/v1/credentials/{id}";

/// A service credential to make.
#[derive(ToSchema)]
struct NewCredentialBody {
    /// What a person calls it.
    #[schema(value_type = String)]
    name: Box<str>,
    /// What it may do: `admin`, `issuer`, `revoker`, `support`, `verifier`, `auditor`.
    #[schema(value_type = Vec<String>)]
    roles: Roles,
    /// Only for this client.
    #[schema(value_type = Option<String>)]
    client_id: Option<ClientId>,
}

/// A service credential.
#[derive(Serialize, ToSchema)]
struct CredentialView {
    /// Its id.
    id: String,
    /// What a person calls it.
    name: String,
    /// What it may do.
    roles: Vec<&'static str>,
    /// The only client that it is for; null: for all.
    client_id: Option<String>,
    /// When it was made.
    created_at: Option<String>,
}

/// A service credential that was made.
#[derive(Serialize, ToSchema)]
struct CreatedView<'a> {
    /// Its id.
    id: &'a str,
    /// The key. Shown this once, and kept nowhere.
    key: &'a str,
}

struct Roles(Vec<Role>);

impl Field for Roles {
    const EXPECTED: &'static str =
        "a list of `admin`, `issuer`, `revoker`, `support`, `verifier` and `auditor`, at least one";

    fn from_value(value: Value) -> Option<Self> {
        let names = Vec::<Box<str>>::from_value(value).filter(|names| !names.is_empty())?;
        names.iter().map(|name| role(name)).collect::<Option<_>>().map(Self)
    }
}

impl Body for NewCredentialBody {
    const NAMES: &'static [&'static str] = &["name", "roles", "client_id"];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        Ok(Self {
            name: fields.required("name")?,
            roles: fields.required("roles")?,
            client_id: fields.optional("client_id")?,
        })
    }
}

pub(super) fn routes() -> Vec<Route> {
    let list_them = Description::new("List the service credentials").gives_page::<CredentialView>();
    let make = Description::new("Make a service credential; its key is shown this once")
        .takes::<NewCredentialBody>()
        .creates::<CreatedView<'_>>();
    let remove = Description::new("Remove a service credential; its key is refused from now on")
        .path("id", "The credential")
        .gives::<DeletedView<'_>>();
    let info = RouteInfo::admin;
    vec![
        Route::new(info(RouteMethod::Get, PATH, Verb::ReadCredentials), get(list), list_them),
        Route::new(info(RouteMethod::Post, PATH, Verb::ChangeCredentials), post(create), make),
        Route::new(info(RouteMethod::Delete, ONE, Verb::ChangeCredentials), delete(remove_it), remove),
    ]
}

async fn list(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    Query(params): Query,
) -> Result<Response, Failure> {
    params.only(&[])?;
    let credentials = state.done(state.authority().list_credentials(&caller).await)?;
    Ok(reply::json(&PageView::whole(credentials.into_iter().map(CredentialView::from).collect())))
}

async fn create(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    JsonBody(body): JsonBody<NewCredentialBody>,
) -> Result<Response, Failure> {
    let new = NewCredential { name: body.name, roles: body.roles.0, client: body.client_id };
    let created = state.done(state.authority().create_credential(&caller, new).await)?;
    let view = CreatedView { id: created.id.as_str(), key: created.key.expose() };
    Ok(reply::created(&view, None))
}

async fn remove_it(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    PathId(id): PathId<CredentialId>,
) -> Result<Response, Failure> {
    if !state.done(state.authority().delete_credential(&caller, &id).await)? {
        return Err(Failure::NotFound);
    }
    Ok(reply::json(&DeletedView { id: id.as_str() }))
}

impl From<CredentialInfo> for CredentialView {
    fn from(credential: CredentialInfo) -> Self {
        Self {
            id: credential.id.into(),
            name: credential.name.into(),
            roles: credential.roles.into_iter().filter_map(role_word).collect(),
            client_id: credential.client.map(Into::into),
            created_at: rfc3339::format(credential.created_at),
        }
    }
}

const ROLES: [(&str, Role); 6] = [
    ("admin", Role::Admin),
    ("issuer", Role::Issuer),
    ("revoker", Role::Revoker),
    ("support", Role::Support),
    ("verifier", Role::Verifier),
    ("auditor", Role::Auditor),
];

fn role(word: &str) -> Option<Role> {
    ROLES.iter().find(|(held, _)| *held == word).map(|(_, role)| *role)
}

fn role_word(role: Role) -> Option<&'static str> {
    ROLES.iter().find(|(_, held)| *held == role).map(|(word, _)| *word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fields::assert_described;

    #[test]
    fn what_is_read_is_what_the_document_shows() {
        assert_described::<NewCredentialBody>();
    }
}
