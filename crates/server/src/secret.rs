//! Secrets in memory: shown to nobody, overwritten when dropped.

use std::fmt;

use zeroize::Zeroizing;

/// Bytes that no message, log or dump may show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes `bytes` in.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for the one place that needs them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text, if it is an admin key or a client secret: 32 to 256 printable ASCII characters.
    pub fn as_key(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.0).ok()?;
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        ((32..=256).contains(&text.len()) && printable).then_some(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_a_secret() {
        // I13.
        assert!(!format!("{:?}", Secret::new(b"hunter2".to_vec())).contains("hunter2"));
    }

    #[test]
    fn a_key_is_32_to_256_printable_ascii_characters() {
        let key = |text: String| Secret::new(text.into_bytes()).as_key().is_some();
        assert!(key("a".repeat(32)) && key("~".repeat(256)));
        assert!(!key("a".repeat(31)) && !key("a".repeat(257)));
        assert!(!key(format!("{} ", "a".repeat(40))) && !key("ä".repeat(32)));
    }
}
