//! `GET /metrics`: what was counted, as `OpenMetrics` text. Needs a credential: numbers tell about people, too.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use quash_authority::Verb;

use crate::access::Access;
use crate::node::Node;
use crate::openapi::Description;
use crate::route::{Route, RouteInfo, RouteMethod, Surface};

const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(crate) fn routes<N: Node>() -> Vec<Route<N>> {
    let description = Description::new("What was counted, as OpenMetrics text").gives_text(MEDIA_TYPE);
    let info = RouteInfo {
        method: RouteMethod::Get,
        path: "/metrics",
        access: Access::Service(Verb::ReadMetrics),
        surface: Surface::Metrics,
    };
    vec![Route::new(info, get(metrics::<N>), description)]
}

async fn metrics<N: Node>(State(node): State<N>) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))], node.checks().metrics().text()).into_response()
}
