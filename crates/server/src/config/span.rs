//! Durations: `30s`, `10m`, `14d`, `1h30m`, or a number of seconds.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::document::Content;
use super::value::Value;

/// Units, largest first, in milliseconds.
const UNITS: [(&str, u64); 6] =
    [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Value for Duration {
    const EXPECTED: &'static str = "a duration such as `30s`, `10m`, `14d`, or a number of seconds";

    fn from_text(text: &str) -> Option<Self> {
        parse(text)
    }

    fn from_content(content: &Content) -> Option<Self> {
        match content {
            Content::Text(text) => parse(text),
            Content::Integer(seconds) => u64::try_from(*seconds).ok().map(Self::from_secs),
            _ => None,
        }
    }

    fn show(&self) -> Json {
        json!(show(*self))
    }

    fn schema() -> Json {
        json!({ "anyOf": [
            { "type": "integer", "minimum": 0, "description": "seconds" },
            { "type": "string", "pattern": "^([0-9]+(ms|w|d|h|m|s)?)+$" },
        ] })
    }
}

/// The duration that `text` spells. Units come each at most once, the largest first; a bare number is seconds.
pub fn parse(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<u64>() {
        return (!text.starts_with('+')).then(|| Duration::from_secs(seconds));
    }
    let mut rest = text;
    let mut total: u64 = 0;
    let mut largest = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(letters)?;
        let (_, size) = *UNITS.iter().find(|(name, _)| *name == unit)?;
        if size >= largest {
            return None;
        }
        largest = size;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(size)?)?;
        rest = tail;
    }
    (largest != u64::MAX).then(|| Duration::from_millis(total))
}

/// The shortest way to write `span` with these units; parts below a millisecond are left out.
pub fn show(span: Duration) -> String {
    let mut rest = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (name, size) in UNITS.into_iter().skip(1) {
        let count = rest / size;
        if count > 0 {
            // A `String` takes everything.
            let _ = write!(text, "{count}{name}");
        }
        rest %= size;
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_units_or_as_seconds() {
        let seconds = |count| Some(Duration::from_secs(count));
        assert_eq!(parse("90"), seconds(90));
        assert_eq!(parse("10m"), seconds(600));
        assert_eq!(parse("14d"), seconds(14 * 86_400));
        assert_eq!(parse("1h30m"), seconds(5400));
        assert_eq!(parse("2w"), seconds(14 * 86_400));
        assert_eq!(parse("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(parse("0s"), seconds(0));
    }

    #[test]
    fn what_could_be_misread_is_refused() {
        for bad in
            ["", "m", "10 m", "-1s", "+5", "1.5h", "5m1h", "1m1m", "10y", "10M", "99999999999999999999s"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_shown_reads_back_the_same() {
        for text in ["0s", "30s", "10m", "14d", "90d", "1h30m", "1s500ms"] {
            assert_eq!(show(parse(text).expect("a duration")), text);
        }
    }
}
