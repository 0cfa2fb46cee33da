//! Something that was ended.

use quash_authority::Ended;
use quash_core::position::Position;
use serde::Serialize;
use utoipa::ToSchema;

/// What ending something came to.
#[derive(Serialize, ToSchema)]
pub(in crate::v1) struct EndedView {
    /// The place in the log of the entry that did it; null when it was over already.
    position: Option<u64>,
    /// All that was waited for has happened.
    complete: bool,
}

impl From<Ended> for EndedView {
    fn from(ended: Ended) -> Self {
        Self { position: ended.position.map(Position::number), complete: true }
    }
}
