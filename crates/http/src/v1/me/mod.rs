//! `/v1/me`: what is a user's own, with the user's own token.

mod devices;
mod sessions;

use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    [sessions::routes(), devices::routes()].into_iter().flatten().collect()
}
