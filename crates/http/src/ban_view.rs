//! What the native API shows of a ban (S27).

use quash_core::session::ban::Ban;
use serde::Serialize;
use utoipa::ToSchema;

use crate::rfc3339;

/// A ban.
#[derive(Serialize, ToSchema)]
pub(crate) struct BanView {
    /// How severe, 0 to 9: zero warns and refuses nothing, what the others mean is the caller's own.
    level: u8,
    /// Why, in one word.
    reason: String,
    /// When it was put.
    at: Option<String>,
    /// When it is over; null for never.
    until: Option<String>,
    /// The credential that put it.
    by: String,
}

impl From<&Ban> for BanView {
    fn from(ban: &Ban) -> Self {
        Self {
            level: ban.level.number(),
            reason: ban.reason.as_str().into(),
            at: rfc3339::format(ban.at),
            until: rfc3339::format(ban.until),
            by: ban.by.as_ref().into(),
        }
    }
}
