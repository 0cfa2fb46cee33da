//! `/auth/check`, any method: a gateway asks whether the request in its hands may pass (forward-auth).
//!
//! Answers 200, 401, 403 or 503 and nothing else, whatever is sent: a gateway makes an error of its own out of
//! every other code. Answers from memory, with no store read.
//!
//! - Nothing of the request is believed but its one `Authorization` header. Forwarded headers and identity headers
//!   are not even looked at (attack row 30), a token in the URL is no token (row 36).
//! - A 200 carries all five identity headers, empty where the token says nothing, so that a gateway which copies
//!   them overwrites whatever its client sent under the same names.
//! - A server answers with `X-Auth-Renewed-Token` besides, where the token is about to end and its client is configured
//!   so: for the gateway to hand to its client. That one answer uses the store.
//! - `?scope=read%20write` in the URL that the gateway is configured with asks for these scopes. Gateways may append
//!   their client's own query, so every `scope` there counts: adding one can only ask for more. Whatever else the
//!   query holds is ignored.

#[cfg(feature = "ext-authz")]
pub(crate) mod ext_authz;
mod identity;
mod scope;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use self::scope::RequiredScope;
use crate::access::Access;
use crate::ahead::known_soon;
use crate::error::Failure;
use crate::metrics::CheckOutcome;
use crate::node::{Answer, Node};
use crate::openapi::Description;
use crate::request::authorization::Authorization;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::token_refusal::TokenRefusal;

/// The header that carries a new access token to the client (S04).
const RENEWED: HeaderName = HeaderName::from_static("x-auth-renewed-token");

/// Where gateways ask.
pub(crate) const PATH: &str = "/auth/check";

pub(crate) fn routes<N: Node>() -> Vec<Route<N>> {
    let description = Description::new("Whether the request that a gateway holds may pass")
        .query("scope", "The scopes that it needs: names divided by single spaces");
    let info = RouteInfo::public(RouteMethod::Any, PATH, Access::Bearer);
    vec![Route::new(info, any(check::<N>), description)]
}

async fn check<N: Node>(State(node): State<N>, request: Request<Body>) -> Response {
    // What else came is left unread.
    let (parts, _body) = request.into_parts();
    let scope = RequiredScope::of(parts.uri.query());
    match decide(&node, &parts.headers, &scope).await {
        Ok(response) if node.slides() => slid(&node, &parts.headers, response).await,
        decided => decided.unwrap_or_else(IntoResponse::into_response),
    }
}

/// `response` with a new token in [`RENEWED`], where the one that was shown is about to end and its client wants that.
async fn slid<N: Node>(node: &N, headers: &HeaderMap, mut response: Response) -> Response {
    if let Ok(token) = bearer(headers)
        && let Some(renewed) = node.slide(token).await
        && let Ok(mut value) = HeaderValue::try_from(renewed.expose())
    {
        value.set_sensitive(true);
        response.headers_mut().insert(RENEWED, value);
    }
    response
}

/// What every way to ask comes to: judged and counted. `headers` are those of the request that the gateway holds.
async fn decide<N: Node>(node: &N, headers: &HeaderMap, scope: &RequiredScope) -> Result<Response, Failure> {
    let judged = judge(node, headers, scope).await;
    let outcome = judged.as_ref().map_or_else(outcome, |_| CheckOutcome::Accepted);
    node.checks().metrics().count_check(outcome);
    judged
}

async fn judge<N: Node>(node: &N, headers: &HeaderMap, scope: &RequiredScope) -> Result<Response, Failure> {
    node.is_complete()?;
    let token = bearer(headers)?;
    let judged = match judge_from_memory(node, token, scope) {
        Err(failure) if failure.is_ahead() => known_soon(|| judge_from_memory(node, token, scope)).await,
        judged => judged,
    };
    match judged {
        Err(failure) if failure.asks() => answer(node, node.ask(token).await?, scope),
        judged => judged,
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, Failure> {
    match Authorization::of(headers) {
        Authorization::Bearer(token) => Ok(token),
        Authorization::Absent => Err(TokenRefusal::Missing.into()),
        _ => Err(TokenRefusal::Malformed.into()),
    }
}

fn judge_from_memory<N: Node>(node: &N, token: &str, scope: &RequiredScope) -> Result<Response, Failure> {
    let verifier = node.checks().verifier().pin();
    answer(node, verifier.check(token, node.moment())?.into(), scope)
}

fn answer<N: Node>(node: &N, answer: Answer<'_>, scope: &RequiredScope) -> Result<Response, Failure> {
    match answer {
        Answer::Refused(refusal) => Err(refusal.into()),
        Answer::Accepted(token) => {
            scope.check(token.claims())?;
            Ok(identity::answer(&node.checks().settings().identity_headers, &token))
        }
    }
}

const fn outcome(failure: &Failure) -> CheckOutcome {
    match failure {
        Failure::InsufficientScope => CheckOutcome::InsufficientScope,
        Failure::Token(TokenRefusal::Missing) => CheckOutcome::NoToken,
        Failure::Token(_) => CheckOutcome::Rejected,
        _ => CheckOutcome::Undecided,
    }
}
