//! Times as the native API spells them (RFC 3339). Tokens and OAuth answers carry seconds instead.

use quash_core::time::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// `2026-01-31T12:00:00.5Z`: UTC, with a fraction only where there is one. None for what lies beyond the year
/// 9999, which "for ever" does.
pub(crate) fn format(instant: Timestamp) -> Option<String> {
    let nanoseconds = i128::from(instant.milliseconds()) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?.format(&Rfc3339).ok()
}

/// The instant that `text` spells, any offset, fractions of a millisecond cut off. None before 1970.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let instant = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let milliseconds = instant.unix_timestamp_nanos().div_euclid(1_000_000);
    u64::try_from(milliseconds).ok().map(Timestamp::from_milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_back_as_it_was_written() {
        for milliseconds in [0, 1, 1_700_000_000_000, 1_700_000_000_123] {
            let instant = Timestamp::from_milliseconds(milliseconds);
            assert_eq!(parse(&format(instant).unwrap()), Some(instant));
        }
        assert_eq!(format(Timestamp::from_seconds(1_700_000_000)).unwrap(), "2023-11-14T22:13:20Z");
    }

    #[test]
    fn an_offset_is_taken_off() {
        assert_eq!(parse("1970-01-01T02:00:01+02:00"), Some(Timestamp::from_seconds(1)));
    }

    #[test]
    fn what_is_no_time_of_ours_is_refused() {
        for text in ["", "now", "1969-12-31T23:59:59Z", "2026-01-31", "2026-13-01T00:00:00Z", "1700000000"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(format(Timestamp::FOREVER), None);
    }
}
