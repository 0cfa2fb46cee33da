//! Notes which sessions were used here (S05).

use std::time::Duration;

use quash_http::AppState;

use crate::listen::stop::Stop;

/// Goes on until `stop` is spoken, and notes then what there is. Not to be dropped before: what it is about to note would
/// be lost.
pub async fn note(state: &AppState, every: Duration, mut stop: Stop) {
    loop {
        let stopping = tokio::select! {
            () = tokio::time::sleep(every) => false,
            () = stop.wait() => true,
        };
        match state.note_activity().await {
            Ok(noted) => tracing::debug!(?noted, "uses of sessions were noted"),
            Err(error) => tracing::warn!(%error, "uses of sessions could not be noted; that is tried again"),
        }
        if stopping {
            return;
        }
    }
}
