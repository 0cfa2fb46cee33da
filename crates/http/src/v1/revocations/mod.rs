//! `/v1/revocations`: the log, appended to and read, and entries taken back.

mod list;
mod revoke;
mod schedules;
mod undo;

use quash_core::position::Position;

use crate::route::Route;

const PATH: &str = "/v1/revocations";

pub(super) fn routes() -> Vec<Route> {
    [revoke::routes(), list::routes(), undo::routes(), schedules::routes()].into_iter().flatten().collect()
}

/// A place in the log, in digits.
fn position(text: &str) -> Option<Position> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain).and_then(|number| Position::new(number).ok())
}
