//! `GET /metrics`: what was counted, as `OpenMetrics` text. Needs a credential: numbers tell about people, too.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use quash_authority::Verb;

use crate::access::Access;
use crate::openapi::Description;
use crate::route::{Route, RouteInfo, RouteMethod, Surface};
use crate::state::AppState;

const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new("What was counted, as OpenMetrics text").gives_text(MEDIA_TYPE);
    let info = RouteInfo {
        method: RouteMethod::Get,
        path: "/metrics",
        access: Access::Service(Verb::ReadMetrics),
        surface: Surface::Metrics,
    };
    vec![Route::new(info, get(metrics), description)]
}

async fn metrics(State(state): State<AppState>) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))], state.metrics().text()).into_response()
}
