//! The service key that a follower proves itself with.

use std::fmt;

use http::HeaderValue;
use zeroize::Zeroizing;

/// A service key. Never shown, wiped from memory when dropped.
#[derive(Clone)]
pub struct ServiceKey(Zeroizing<String>);

/// A text that can be no service key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a service key is 32 to 256 printable ASCII characters")]
pub struct NoServiceKey;

impl ServiceKey {
    /// A key of a service credential.
    ///
    /// # Errors
    /// [`NoServiceKey`].
    pub fn new(text: &str) -> Result<Self, NoServiceKey> {
        let formed =
            (32..=256).contains(&text.len()) && text.bytes().all(|byte| (0x20..0x7F).contains(&byte));
        if formed { Ok(Self(Zeroizing::new(text.to_owned()))) } else { Err(NoServiceKey) }
    }

    /// The value of the `Authorization` header, marked so that nobody prints it.
    ///
    /// # Errors
    /// Never for a key of this form: printable ASCII can stand in a header.
    pub(super) fn bearer(&self) -> Result<HeaderValue, NoServiceKey> {
        let text = Zeroizing::new(format!("Bearer {}", self.0.as_str()));
        let mut value = HeaderValue::from_str(&text).map_err(|_| NoServiceKey)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_itself_nowhere() {
        // I13
        let text = "a secret key of more than 32 characters";
        let key = ServiceKey::new(text).unwrap();
        assert!(!format!("{key:?} {:?}", key.bearer().unwrap()).contains("secret"));
    }

    #[test]
    fn a_key_is_32_to_256_printable_ascii_characters() {
        assert!(ServiceKey::new(&"a".repeat(32)).is_ok() && ServiceKey::new(&"a".repeat(256)).is_ok());
        for bad in ["a".repeat(31), "a".repeat(257), "ä".repeat(32), format!("{}\n", "a".repeat(40))] {
            assert!(ServiceKey::new(&bad).is_err());
        }
    }
}
