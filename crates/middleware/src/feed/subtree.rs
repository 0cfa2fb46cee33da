//! Whoever follows a relay: it acknowledges no more than the lowest of them.

use std::fmt;
use std::sync::Arc;

use quash_core::position::Position;
use tokio::sync::Notify;

/// Tells what the lowest of a relay's own followers has acknowledged.
#[derive(Clone)]
pub struct Subtree {
    lowest: Arc<dyn Fn() -> Option<(Position, u64)> + Send + Sync>,
    changed: Arc<Notify>,
}

impl Subtree {
    /// `lowest` tells position and version of the trust, `None` while nobody follows; `changed` is notified when it may
    /// tell something else.
    pub fn new(
        lowest: impl Fn() -> Option<(Position, u64)> + Send + Sync + 'static,
        changed: Arc<Notify>,
    ) -> Self {
        Self { lowest: Arc::new(lowest), changed }
    }

    pub(super) fn lowest(&self) -> Option<(Position, u64)> {
        (self.lowest)()
    }

    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}

impl fmt::Debug for Subtree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subtree(..)")
    }
}
