//! `/oauth`: the standard endpoints.

pub(crate) mod client;
pub(crate) mod error_body;
pub(crate) mod introspect;
mod revoke;
mod token;

use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    [token::routes(), revoke::routes(), introspect::routes()].into_iter().flatten().collect()
}
