//! `/v1/feed`: the log as it grows, for verifiers (binary, over WebSocket) and for people and scripts (JSON).

mod events;
pub(crate) mod follow;
mod record_view;
mod watch;

use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    [follow::routes(), watch::routes()].into_iter().flatten().collect()
}
