//! `/v1/subjects`: what holds for one subject whatever its sessions.

mod alias;
mod bans;
mod devices;
mod key;
mod one;

use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    [one::routes(), key::routes(), alias::routes(), bans::routes(), devices::routes()]
        .into_iter()
        .flatten()
        .collect()
}
