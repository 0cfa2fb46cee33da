//! For whoever runs the server.

pub(crate) mod health;
pub(crate) mod metrics;
mod openapi;
pub(crate) mod ready;

use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    [health::routes(), ready::routes(), metrics::routes(), openapi::routes()].into_iter().flatten().collect()
}
