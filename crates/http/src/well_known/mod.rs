//! `/.well-known`: what everybody may know.

pub(crate) mod jwks;
mod metadata;

use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    [jwks::routes(), metadata::routes()].into_iter().flatten().collect()
}
