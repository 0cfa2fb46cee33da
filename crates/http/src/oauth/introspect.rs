//! `POST /oauth/introspect`: what a token says and whether it may be used (RFC 7662). Access tokens are answered for
//! from memory, own and foreign ones; refresh tokens cost one read of the store.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use quash_authority::{REFRESH_TOKEN_PREFIX, RefreshState, TokenReply, Verb};
use quash_core::verified::VerifiedClaims;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
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
struct Introspection<'t> {
    /// Whether it may be used now.
    active: bool,
    /// `Bearer`, for an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    /// `iss`, `sub`, `aud`, `exp`, `iat`, `jti`, `sid`, `client_id`, `scope` and whatever else the token says.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    claims: BTreeMap<Name<'t>, Cow<'t, RawValue>>,
}

/// The name of a claim.
#[derive(Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Name<'t>(#[serde(borrow)] Cow<'t, str>);

pub(crate) fn routes<N: Node>() -> Vec<Route<N>> {
    let description =
        Description::new("Ask what a token says and whether it may be used").takes_form::<IntrospectForm>();
    let description = description.gives::<Introspection<'_>>();
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
    if token.starts_with(REFRESH_TOKEN_PREFIX) {
        let refresh = node.introspect_refresh(token).await?;
        let refresh = refresh.filter(|token| within(Some(token.client.as_str())));
        return Ok(reply::json(&refresh.as_ref().map(Introspection::of_refresh).unwrap_or_default()));
    }
    let answer = node.check_or_ask(token).await?;
    let accepted = answer.accepted().filter(|token| within(token.client()));
    let said = accepted.map(|token| Introspection::of_access(token.claims()));
    Ok(reply::json(&said.unwrap_or_default()))
}

impl<'t> Introspection<'t> {
    /// The claims as the token spells them: none is read for this.
    fn of_access(token: &'t VerifiedClaims) -> Self {
        let claims = serde_json::from_str::<BTreeMap<Name<'t>, &'t RawValue>>(token.payload());
        let claims = claims.unwrap_or_default().into_iter().map(|(name, value)| (name, Cow::Borrowed(value)));
        let mut introspection = Self::active(Some(TokenReply::TOKEN_TYPE), claims.collect());
        // What the token spells otherwise, or leaves to its issuer's configuration, is said in the usual names.
        introspection.say("iss", token.verified_issuer().as_str());
        for (name, text) in [("sub", token.subject()), ("client_id", token.client())] {
            if let Some(text) = text {
                introspection.say(name, text);
            }
        }
        introspection
    }

    fn of_refresh(refresh: &'t RefreshState) -> Self {
        let mut introspection = Self::active(None, BTreeMap::new());
        introspection.say("sub", refresh.subject.as_str());
        introspection.say("client_id", refresh.client.as_str());
        introspection.say("sid", refresh.session.as_str());
        introspection.say("device_id", refresh.device.as_str());
        introspection.say("iat", &refresh.issued_at.seconds());
        introspection.say("exp", &refresh.expires_at.seconds());
        if !refresh.scope.is_empty() {
            introspection.say("scope", &*refresh.scope);
        }
        introspection
    }

    /// Whatever a token calls `active` or `token_type` itself is not repeated.
    fn active(token_type: Option<&'static str>, mut claims: BTreeMap<Name<'t>, Cow<'t, RawValue>>) -> Self {
        for own in ["active", "token_type"] {
            claims.remove(&Name(own.into()));
        }
        Self { active: true, token_type, claims }
    }

    fn say<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) {
        // Texts and numbers can always be written.
        if let Ok(value) = to_raw_value(value) {
            self.claims.insert(Name(name.into()), Cow::Owned(value));
        }
    }
}
