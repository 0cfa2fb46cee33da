//! What is around every answer: the request id, one log line, and a header that stops browsers from guessing.

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::node::Node;
use crate::request_id;

const REQUEST_ID: HeaderName = HeaderName::from_static(request_id::HEADER);
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// Wraps one request.
pub(crate) async fn wrap<N: Node>(State(node): State<N>, mut request: Request<Body>, next: Next) -> Response {
    let id = node.checks().next_request_id();
    request.extensions_mut().insert(id);
    let line = tracing::enabled!(tracing::Level::DEBUG).then(|| Line::of(&request));
    let mut response = next.run(request).await;
    if let Some(line) = line {
        line.log(&id.text(), &response);
    }
    response.headers_mut().insert(REQUEST_ID, id.header());
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    response
}

/// What is logged of a request: the route, never the path or the query, which may hold anything.
struct Line {
    method: axum::http::Method,
    route: Option<MatchedPath>,
}

impl Line {
    fn of(request: &Request<Body>) -> Self {
        Self { method: request.method().clone(), route: request.extensions().get().cloned() }
    }

    fn log(&self, request_id: &str, response: &Response) {
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str);
        // A method of the caller's own making is not repeated either.
        let method = if is_common(&self.method) { self.method.as_str() } else { "other" };
        tracing::debug!(request_id, method, route, status = response.status().as_u16(), "answered");
    }
}

fn is_common(method: &axum::http::Method) -> bool {
    use axum::http::Method;
    [Method::GET, Method::POST, Method::DELETE, Method::HEAD, Method::OPTIONS, Method::PUT, Method::PATCH]
        .contains(method)
}
