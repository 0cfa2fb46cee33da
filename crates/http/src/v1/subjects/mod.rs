//! `/v1/subjects`: what holds for one subject whatever its sessions.

mod alias;
mod bans;
mod one;

use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    [one::routes(), alias::routes(), bans::routes()].into_iter().flatten().collect()
}
