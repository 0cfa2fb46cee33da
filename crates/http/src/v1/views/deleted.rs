//! What is gone.

use serde::Serialize;
use utoipa::ToSchema;

/// What is gone.
#[derive(Serialize, ToSchema)]
pub(in crate::v1) struct DeletedView<'a> {
    /// Its id.
    pub(in crate::v1) id: &'a str,
}
