//! Why an entry was made, in one word that a machine can read.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A word of `[a-z0-9_]{1,64}`. Any such word may be used; the known ones are constants here.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reason(Arc<str>);

/// A text that is not a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reason is 1 to 64 of the characters a-z, 0-9 and `_`")]
pub struct NotAReason;

impl Reason {
    /// An administrator ended it.
    pub const ADMIN: &str = "admin";
    /// The user signed in: the session is registered (S12).
    pub const SIGNED_IN: &str = "signed_in";
    /// The user signed out.
    pub const LOGGED_OUT: &str = "logged_out";
    /// The user, or somebody on their behalf, ended this device from another one.
    pub const KICKED: &str = "kicked";
    /// A new sign-in took its place.
    pub const REPLACED: &str = "replaced";
    /// The subject is banned.
    pub const BANNED: &str = "banned";
    /// The password was changed.
    pub const PASSWORD_CHANGED: &str = "password_changed";
    /// The subject got another id.
    pub const ALIAS_CHANGED: &str = "alias_changed";
    /// A second factor was reset.
    pub const MFA_RESET: &str = "mfa_reset";
    /// The subject is gone.
    pub const DELETED: &str = "deleted";
    /// Rights or other claims changed: the token is stale, the session lives.
    pub const STALE_CLAIMS: &str = "stale_claims";
    /// A refresh token was presented again long after its successor: theft.
    pub const REFRESH_REUSE: &str = "refresh_reuse";
    /// The client asked for it at the revocation endpoint (RFC 7009).
    pub const CLIENT_REVOKED: &str = "client_revoked";
    /// A backup was restored: everything issued before is over.
    pub const RESTORED: &str = "restored";
    /// The signing key is compromised.
    pub const KEY_COMPROMISED: &str = "key_compromised";
    /// The subject's signing key was rotated (S20).
    pub const KEY_ROTATED: &str = "key_rotated";

    /// The reason that `text` spells.
    ///
    /// # Errors
    /// [`NotAReason`] unless `text` is `[a-z0-9_]{1,64}`.
    pub fn new(text: impl Into<Arc<str>>) -> Result<Self, NotAReason> {
        let text = text.into();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if text.is_empty() || text.len() > 64 || !text.bytes().all(plain) {
            return Err(NotAReason);
        }
        Ok(Self(text))
    }

    /// A reason that is one of the constants above.
    pub fn known(text: &'static str) -> Self {
        Self(text.into())
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reason({})", self.0)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Reason {
    type Error = NotAReason;
    fn try_from(text: String) -> Result<Self, NotAReason> {
        Self::new(text)
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> String {
        reason.0.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_short_plain_word() {
        assert!(Reason::new("admin_2").is_ok());
        assert!(Reason::new("a".repeat(64)).is_ok());
        for bad in ["", "Admin", "a b", "a\n", "ä", &"a".repeat(65)] {
            assert_eq!(Reason::new(bad), Err(NotAReason), "{bad:?}");
        }
    }
}
