//! Time as the server's host tells it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use quash_core::time::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Now.
#[expect(clippy::disallowed_methods, reason = "a client has a clock of its own")]
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_milliseconds(u64::try_from(since.as_millis()).unwrap())
}

/// What `ask` says until `end`, and from `end` on: an answer counts only if it was asked for and given on one side. There
/// is at least one answer of each side. No claim about how long an answer takes.
pub(super) fn before_and_after<T: PartialEq + std::fmt::Debug>(
    end: Timestamp,
    mut ask: impl FnMut() -> T,
) -> (T, T) {
    let mut before = None;
    loop {
        let asked = now();
        let said = ask();
        if asked >= end {
            return (before.expect("nothing was asked before the end"), said);
        }
        if now() < end {
            let earlier = before.get_or_insert_with(&mut ask);
            assert_eq!(&said, earlier, "the answer changed before the end");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A second since the epoch, as the native API spells it.
pub(super) fn rfc3339(second: u64) -> String {
    let second = i64::try_from(second).unwrap();
    OffsetDateTime::from_unix_timestamp(second).unwrap().format(&Rfc3339).unwrap()
}
