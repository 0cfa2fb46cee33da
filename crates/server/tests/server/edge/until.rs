//! Waiting for the thing itself.

use std::fmt::Debug;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long anything may take before the test gives up. No claim about how long it does take.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(5);

/// Returns what `look` finds, once it finds something.
#[expect(clippy::disallowed_methods, reason = "a test gives up by the clock")]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let gives_up = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < gives_up, "waited in vain: {what}");
        sleep(PAUSE);
    }
}

/// Returns once `look` says `wanted`.
pub(crate) fn until_is<T: Copy + PartialEq + Debug>(what: &str, wanted: T, mut look: impl FnMut() -> T) {
    let mut last = None;
    until(&format!("{what}: {wanted:?}"), || {
        last = Some(look());
        (last.as_ref() == Some(&wanted)).then_some(())
    });
}
