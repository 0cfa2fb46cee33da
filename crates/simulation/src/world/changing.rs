//! Whether the keys are being changed: the store does that on a thread of its own, and a simulation waits for it.

use tokio::sync::watch;

/// Counts the changes that are under way.
#[derive(Debug, Default)]
pub(crate) struct Changing(watch::Sender<u32>);

/// A change that is under way, until this is dropped.
#[derive(Debug)]
pub(crate) struct Change<'c>(&'c Changing);

impl Changing {
    pub(crate) fn begin(&self) -> Change<'_> {
        self.0.send_modify(|changes| *changes += 1);
        Change(self)
    }

    pub(crate) fn is_under_way(&self) -> bool {
        *self.0.borrow() > 0
    }

    /// Returns when none is under way.
    pub(crate) async fn finished(&self) {
        // The sender is in `self`: it does not go away.
        let mut changes = self.0.subscribe();
        let _none = changes.wait_for(|changes| *changes == 0).await;
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|changes| *changes = changes.saturating_sub(1));
    }
}
