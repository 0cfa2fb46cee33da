//! Tokens and keys in the clear.

use std::fmt;

use zeroize::Zeroizing;

/// A token or a key in the clear, on its way to the one who asked for it. Wiped when dropped; never shown by
/// `Debug`, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainToken(Zeroizing<String>);

impl PlainToken {
    /// The token that `text` spells.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text: for the reply, never for a log line.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainToken(..)")
    }
}
