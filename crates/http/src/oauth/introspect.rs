//! `POST /oauth/introspect`: what a token says and whether it may be used (RFC 7662). Access tokens are answered for
//! from memory, own and foreign ones; refresh tokens cost one read of the store.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use quash_authority::{REFRESH_TOKEN_PREFIX, RefreshState, TokenReply, Verb};
use quash_core::verified::VerifiedClaims;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::access::Access;
use crate::error::OAuthFailure;
use crate::extract::OAuthForm;
use crate::node::Node;
use crate::openapi::Description;
use crate::reply;
use crate::route::{Route, RouteInfo, RouteMethod};

/// The parameters. Unknown ones are ignored.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described for the OpenAPI document; the parameters are read by name")]
struct IntrospectForm {
    /// An access or a refresh token.
    token: String,
    /// Not needed: the two kinds are told apart by their form.
    token_type_hint: Option<String>,
    /// The client, where it does not use the `Authorization` header.
    client_id: Option<String>,
    /// Its secret, where it does not use the `Authorization` header.
    client_secret: Option<String>,
}

/// What a token says: all of its claims, and whether it may be used. Of a token that may not, nothing but that (RFC
/// 7662 section 2.2), which is the default.
#[derive(Default, Serialize, ToSchema)]
struct Introspection {
    /// Whether it may be used now.
    active: bool,
    /// `Bearer`, for an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    /// `iss`, `sub`, `aud`, `exp`, `iat`, `jti`, `sid`, `client_id`, `scope` and whatever else the token says.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    claims: Map<String, Value>,
}

pub(crate) fn routes<N: Node>() -> Vec<Route<N>> {
    let description =
        Description::new("Ask what a token says and whether it may be used").takes_form::<IntrospectForm>();
    let description = description.gives::<Introspection>();
    let access = Access::ClientOrService(Verb::Introspect);
    let info = RouteInfo::public(RouteMethod::Post, "/oauth/introspect", access);
    vec![Route::new(info, post(introspect::<N>), description)]
}

async fn introspect<N: Node>(
    State(node): State<N>,
    headers: HeaderMap,
    OAuthForm(params): OAuthForm,
) -> Result<Response, OAuthFailure> {
    let only = node.introspector(&headers, &params)?;
    let within = |client: Option<&str>| only.as_ref().is_none_or(|only| client == Some(only.as_str()));
    let token = params.required("token", "an access or a refresh token")?;
    let answer = if token.starts_with(REFRESH_TOKEN_PREFIX) {
        let refresh = node.introspect_refresh(token).await?;
        refresh.filter(|token| within(Some(token.client.as_str()))).as_ref().map(Introspection::of_refresh)
    } else {
        let answer = node.check_or_ask(token).await?;
        let accepted = answer.accepted().filter(|token| within(token.client()));
        accepted.map(|token| Introspection::of_access(token.claims()))
    };
    Ok(reply::json(&answer.unwrap_or_default()))
}

impl Introspection {
    fn of_access(token: &VerifiedClaims) -> Self {
        let mut claims = token.to_object();
        // What the token spells otherwise, or leaves to its issuer's configuration, is said in the usual names.
        claims.insert("iss".into(), token.verified_issuer().as_str().into());
        for (name, text) in [("sub", token.subject()), ("client_id", token.client())] {
            if let Some(text) = text {
                claims.insert(name.into(), text.into());
            }
        }
        Self::active(Some(TokenReply::TOKEN_TYPE), claims)
    }

    fn of_refresh(refresh: &RefreshState) -> Self {
        let mut claims = Map::new();
        let mut say = |name: &str, value: Value| claims.insert(name.into(), value);
        say("sub", refresh.subject.as_str().into());
        say("client_id", refresh.client.as_str().into());
        say("sid", refresh.session.as_str().into());
        say("device_id", refresh.device.as_str().into());
        say("iat", refresh.issued_at.seconds().into());
        say("exp", refresh.expires_at.seconds().into());
        if !refresh.scope.is_empty() {
            say("scope", refresh.scope.as_ref().into());
        }
        Self::active(None, claims)
    }

    /// Whatever a token calls `active` or `token_type` itself is not repeated.
    fn active(token_type: Option<&'static str>, mut claims: Map<String, Value>) -> Self {
        claims.remove("active");
        claims.remove("token_type");
        Self { active: true, token_type, claims }
    }
}
