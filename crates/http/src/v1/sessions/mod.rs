//! `/v1/sessions`: opened by a trusted backend, looked at and ended by support.

mod clients;
mod list;
mod one;
mod open;

pub(super) use self::list::{page_view, session_page};
use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    [open::routes(), list::routes(), one::routes(), clients::routes()].into_iter().flatten().collect()
}
