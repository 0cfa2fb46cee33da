//! Sizes in bytes: `64KiB`, `1MiB`, or a number.

use serde_json::{Value as Json, json};

use super::document::Content;
use super::value::Value;

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl Value for ByteSize {
    const EXPECTED: &'static str = "a size such as `64KiB`, `1MiB`, or a number of bytes";

    fn from_text(text: &str) -> Option<Self> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(digits)?;
        let size = if unit.is_empty() { 1 } else { UNITS.iter().find(|(name, _)| *name == unit)?.1 };
        number.parse::<u64>().ok()?.checked_mul(size).map(Self)
    }

    fn from_content(content: &Content) -> Option<Self> {
        match content {
            Content::Text(text) => Self::from_text(text),
            Content::Integer(bytes) => u64::try_from(*bytes).ok().map(Self),
            _ => None,
        }
    }

    fn show(&self) -> Json {
        let unit = UNITS.iter().find(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size));
        let (name, size) = unit.unwrap_or(&("B", 1));
        json!(format!("{}{name}", self.0 / size))
    }

    fn schema() -> Json {
        json!({ "anyOf": [
            { "type": "integer", "minimum": 0, "description": "bytes" },
            { "type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB)?$" },
        ] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown_in_binary_units() {
        assert_eq!(ByteSize::from_text("64KiB"), Some(ByteSize(65_536)));
        assert_eq!(ByteSize::from_text("100"), Some(ByteSize(100)));
        assert_eq!(ByteSize(65_536).show(), json!("64KiB"));
        assert_eq!(ByteSize(1_500).show(), json!("1500B"));
        for bad in ["", "KiB", "1kb", "1.5MiB", "-1", "99999999999GiB"] {
            assert_eq!(ByteSize::from_text(bad), None, "{bad}");
        }
    }
}
