//! `/v1/revocations`: the log, appended to and read.

mod list;
mod revoke;

use crate::route::Route;

const PATH: &str = "/v1/revocations";

pub(super) fn routes() -> Vec<Route> {
    [revoke::routes(), list::routes()].into_iter().flatten().collect()
}
