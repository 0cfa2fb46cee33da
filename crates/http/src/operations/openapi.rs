//! `GET /openapi.json`: this surface, for programs.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::access::Access;
use crate::openapi::{Description, openapi_document};
use crate::request::body::JSON;
use crate::route::{Route, RouteInfo, RouteMethod};

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| openapi_document().into());

pub(super) fn routes() -> Vec<Route> {
    let description = Description::new("This document").gives_text(JSON);
    let info = RouteInfo::public(RouteMethod::Get, "/openapi.json", Access::Open);
    vec![Route::new(info, get(openapi), description)]
}

async fn openapi() -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(JSON))], DOCUMENT.clone()).into_response()
}
