//! The native API (design §9): JSON, problems, pages, service keys.

pub(crate) mod activity;
mod audit;
mod clients;
mod credentials;
mod devices;
mod events;
mod except;
pub(crate) mod feed;
mod head;
mod keys;
mod logout;
mod me;
mod one_time_tokens;
mod revocations;
mod sessions;
mod subjects;
mod verifiers;
mod views;

use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    [
        sessions::routes(),
        devices::routes(),
        me::routes(),
        logout::routes(),
        revocations::routes(),
        events::routes(),
        head::routes(),
        feed::routes(),
        activity::routes(),
        keys::routes(),
        credentials::routes(),
        one_time_tokens::routes(),
        clients::routes(),
        subjects::routes(),
        verifiers::routes(),
        audit::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
