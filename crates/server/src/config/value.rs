//! How the value of a setting is read, shown and described.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::document::Content;

/// A type that settings have.
pub trait Value: Sized {
    /// What is expected, as a message says it: ``a duration such as `10m` ``.
    const EXPECTED: &'static str;

    /// Whether a message may repeat a text that is not such a value.
    const ECHO: bool = true;

    /// The value that `text` spells: what the environment and flags say, and strings in the file.
    fn from_text(text: &str) -> Option<Self>;

    /// The value that the file says.
    fn from_content(content: &Content) -> Option<Self> {
        match content {
            Content::Text(text) => Self::from_text(text),
            _ => None,
        }
    }

    /// A relative path is taken to start at `base`; nothing else changes.
    #[must_use]
    fn rebased(self, _base: &Path) -> Self {
        self
    }

    /// The value as a person would write it.
    fn show(&self) -> Json;

    /// The JSON Schema of what may be written.
    fn schema() -> Json;
}

impl Value for bool {
    const EXPECTED: &'static str = "`true` or `false`";

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn from_content(content: &Content) -> Option<Self> {
        match content {
            Content::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    fn show(&self) -> Json {
        json!(self)
    }

    fn schema() -> Json {
        json!({ "type": "boolean" })
    }
}

impl Value for u32 {
    const EXPECTED: &'static str = "a whole number";

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn from_content(content: &Content) -> Option<Self> {
        match content {
            Content::Integer(number) => Self::try_from(*number).ok(),
            _ => None,
        }
    }

    fn show(&self) -> Json {
        json!(self)
    }

    fn schema() -> Json {
        json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
    }
}

impl Value for String {
    const EXPECTED: &'static str = "a text that is not empty";

    fn from_text(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn show(&self) -> Json {
        json!(self)
    }

    fn schema() -> Json {
        json!({ "type": "string", "minLength": 1 })
    }
}

impl Value for PathBuf {
    const EXPECTED: &'static str = "the path of a file or directory";

    fn from_text(text: &str) -> Option<Self> {
        (!text.is_empty() && !text.contains('\0')).then(|| Self::from(text))
    }

    fn rebased(self, base: &Path) -> Self {
        base.join(self)
    }

    fn show(&self) -> Json {
        json!(self.to_string_lossy())
    }

    fn schema() -> Json {
        json!({ "type": "string", "minLength": 1 })
    }
}

impl Value for SocketAddr {
    const EXPECTED: &'static str = "an address and a port such as `127.0.0.1:7070`";

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> Json {
        json!(self.to_string())
    }

    fn schema() -> Json {
        json!({ "type": "string", "examples": ["127.0.0.1:7070"] })
    }
}

/// A list: an array in the file, words divided by commas in the environment and in flags.
impl<T: Value> Value for Vec<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    const ECHO: bool = T::ECHO;

    fn from_text(text: &str) -> Option<Self> {
        text.split(',').map(|word| T::from_text(word.trim())).collect()
    }

    fn from_content(content: &Content) -> Option<Self> {
        match content {
            Content::List(items) => items.iter().map(|item| T::from_content(&item.content)).collect(),
            _ => None,
        }
    }

    fn rebased(self, base: &Path) -> Self {
        self.into_iter().map(|item| item.rebased(base)).collect()
    }

    fn show(&self) -> Json {
        self.iter().map(Value::show).collect()
    }

    fn schema() -> Json {
        json!({ "type": "array", "items": T::schema() })
    }
}
