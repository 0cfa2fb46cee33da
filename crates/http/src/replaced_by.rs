//! Which sign-in took the place of a session (S23): what the user's own list of devices shows of it, and no more.

use quash_core::session::policy::ReplacedBy;
use serde::Serialize;
use utoipa::ToSchema;

/// The device whose sign-in took the place.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReplacedByView {
    /// Its id.
    device_id: String,
    /// What a person calls it.
    device_name: Option<String>,
}

impl From<&ReplacedBy> for ReplacedByView {
    fn from(by: &ReplacedBy) -> Self {
        let device_name = by.device_name.as_deref().map(Into::into);
        Self { device_id: by.device.as_str().into(), device_name }
    }
}
