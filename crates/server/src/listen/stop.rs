//! The wish to stop, told to everything that runs.

use tokio::sync::watch;

/// Tells everybody who holds a [`Stop`].
#[derive(Debug)]
pub struct StopHandle(watch::Sender<bool>);

/// Hears of the wish to stop.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

/// A wish that was not spoken yet.
pub fn stop() -> (StopHandle, Stop) {
    let (sender, receiver) = watch::channel(false);
    (StopHandle(sender), Stop(receiver))
}

impl StopHandle {
    /// Speaks the wish. Saying it twice changes nothing.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Returns once the wish was spoken, at once if it was before. A handle that is gone counts as spoken.
    pub async fn wait(&mut self) {
        // An error means that the handle is gone.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }

    /// Whether the wish was spoken.
    pub fn is_spoken(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }
}
