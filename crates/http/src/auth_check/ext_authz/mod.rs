//! `envoy.service.auth.v3.Authorization/Check`: the question of `/auth/check`, as Envoy asks it over gRPC.
//!
//! - The decision, its code and its headers are those of `/auth/check`, made by the same function.
//! - Of the request that Envoy describes, only `Authorization` is read.
//! - The scopes that a route asks for come as `context_extensions: { scope: "read write" }` of Envoy's own
//!   configuration, where no client can write.
//! - An accepted request gets all five identity headers in the place of whatever its client sent under their names;
//!   every spelling of those names with `_` for `-` is removed (attack row 30).

mod answer;
mod messages;
mod spelling;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use tonic::server::{Grpc, UnaryService};
use tonic_prost::ProstCodec;

use self::messages::{AttributeContext, CheckRequest, CheckResponse, HttpRequest};
use super::scope::RequiredScope;
use crate::node::Node;
use crate::settings::IdentityHeaders;

/// Where gRPC looks for it.
pub(crate) const PATH: &str = "/envoy.service.auth.v3.Authorization/Check";

/// The longest question, in bytes: twice the longest header that Envoy takes from its clients by default.
const LONGEST: usize = 128 << 10;

/// Answers gRPC calls, which are always POST.
pub(crate) fn handler<N: Node>(node: &N) -> MethodRouter<N> {
    let remove = Arc::from(spoofed_names(&node.checks().settings().identity_headers));
    let check = Check { node: node.clone(), remove };
    post(async move |request: Request<Body>| -> Response {
        let codec = ProstCodec::<CheckResponse, CheckRequest>::default();
        Grpc::new(codec).max_decoding_message_size(LONGEST).unary(check, request).await.map(Body::new)
    })
}

fn spoofed_names(names: &IdentityHeaders) -> Vec<String> {
    let all = [&names.issuer, &names.subject, &names.session, &names.scope, &names.roles];
    all.into_iter().flat_map(|name| spelling::others(name.as_str())).collect()
}

#[derive(Clone)]
struct Check<N> {
    node: N,
    /// What is removed from every request that passes.
    remove: Arc<[String]>,
}

impl<N: Node> UnaryService<CheckRequest> for Check<N> {
    type Response = CheckResponse;
    type Future = Pin<Box<dyn Future<Output = Result<tonic::Response<CheckResponse>, tonic::Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<CheckRequest>) -> Self::Future {
        let check = self.clone();
        Box::pin(async move { Ok(tonic::Response::new(check.answer(request.into_inner()).await)) })
    }
}

impl<N: Node> Check<N> {
    async fn answer(&self, request: CheckRequest) -> CheckResponse {
        // A question that says nothing is one about a request without a token.
        let asked = request.attributes.unwrap_or_default();
        let scope = RequiredScope::named(required_scope(&asked));
        let headers = asked.request.and_then(|request| request.http).map(authorization).unwrap_or_default();
        match super::decide(&self.node, &headers, &scope).await {
            Ok(response) => {
                answer::passed(&response, &self.node.checks().settings().identity_headers, &self.remove)
            }
            Err(failure) => answer::denied(failure).await,
        }
    }
}

fn required_scope(asked: &AttributeContext) -> &str {
    asked.context_extensions.get("scope").map(String::as_str).unwrap_or_default()
}

/// Every `Authorization` that Envoy tells of. One that can be no header counts too: it is not the one that is expected.
fn authorization(http: HttpRequest) -> HeaderMap {
    let joined = http.headers.into_iter().map(|(name, value)| (name, value.into_bytes()));
    let single = http.header_map.into_iter().flat_map(|map| map.headers).map(|header| {
        let value = if header.raw_value.is_empty() { header.value.into_bytes() } else { header.raw_value };
        (header.key, value)
    });
    let named = joined.chain(single).filter(|(name, _)| name.eq_ignore_ascii_case(AUTHORIZATION.as_str()));
    let values = named.map(|(_, value)| HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("")));
    values.map(|value| (AUTHORIZATION, value)).collect()
}
