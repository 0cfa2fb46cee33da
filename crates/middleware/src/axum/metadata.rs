//! The route of a resource's description.

use axum::Router;
use axum::routing::get;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE};

use crate::metadata::ResourceMetadata;

/// The one route that `metadata` is served at (RFC 9728 section 3), for everybody: merge it into the router at the
/// root of the host, outside the layer that asks for tokens. Scripts of any origin may read it.
pub fn metadata_router<S: Clone + Send + Sync + 'static>(metadata: &ResourceMetadata) -> Router<S> {
    let body = metadata.to_json();
    let headers = [(CONTENT_TYPE, "application/json"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    Router::new().route(metadata.path(), get(async move || (headers, body)))
}
