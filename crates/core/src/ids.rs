//! Names of things: typed, bounded, compared byte by byte.
//!
//! Ids that come from outside are checked for form only: 1 to 256 bytes of UTF-8 without control
//! characters. They are never normalised: two spellings of one accented letter are two ids.
//! Ids that are minted here are sortable by time and carry 128 random bits.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The longest id taken, in bytes.
pub const LONGEST_ID: usize = 256;

/// Why a text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAnId {
    /// The text has no character at all.
    #[error("is empty")]
    Empty,
    /// The text is longer than [`LONGEST_ID`] bytes.
    #[error("is longer than {LONGEST_ID} bytes")]
    TooLong,
    /// The text holds a control character (NUL, CR and LF among them).
    #[error("holds a control character")]
    ControlCharacter,
}

/// Whether `text` has the form of an id.
///
/// # Errors
/// What is wrong with it.
pub fn check_form(text: &str) -> Result<(), NotAnId> {
    if text.is_empty() {
        return Err(NotAnId::Empty);
    }
    if text.len() > LONGEST_ID {
        return Err(NotAnId::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(NotAnId::ControlCharacter);
    }
    Ok(())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[doc = ""]
        #[doc = "Cheap to clone."]
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id that `text` spells.
            ///
            /// # Errors
            /// [`NotAnId`] for an empty, over-long or control-character text.
            pub fn new(text: impl Into<Arc<str>>) -> Result<Self, NotAnId> {
                let text = text.into();
                check_form(&text)?;
                Ok(Self(text))
            }

            /// The id as it was spelt.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), &*self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Self::new(text)
            }
        }
    };
}

macro_rules! minted {
    ($name:ident, $prefix:literal) => {
        impl $name {
            /// What every minted id of this kind starts with.
            pub const PREFIX: &str = $prefix;

            /// A new id: the prefix, 48 bits of milliseconds, 128 random bits, in 36 lower-case
            /// Crockford base32 digits. Ids sort by the time they were minted.
            pub fn mint(now: Timestamp, random: [u8; 16]) -> Self {
                Self(mint_text($prefix, now, random))
            }
        }
    };
}

id!(
    /// Who issues tokens: `iss` (RFC 7519 section 4.1.1).
    Issuer
);
id!(
    /// Whom a token speaks of: `sub` (RFC 7519 section 4.1.2). Unique within its issuer only.
    Subject
);
id!(
    /// An OAuth client: `client_id` (RFC 6749 section 2.2).
    ClientId
);
id!(
    /// One sign-in of one subject on one device: `sid` (OpenID Connect Back-Channel Logout 1.0).
    SessionId
);
id!(
    /// One token: `jti` (RFC 7519 section 4.1.7). Unique within its issuer only.
    TokenId
);
id!(
    /// A device of a subject. The caller's own string, or minted.
    DeviceId
);
id!(
    /// A signing key: `kid` (RFC 7517 section 4.5). Unique within its issuer only.
    KeyId
);
id!(
    /// One client's share of a session: what its refresh tokens name.
    GrantId
);
id!(
    /// A service credential (never the key itself).
    CredentialId
);
id!(
    /// A revocation that is to be made later.
    ScheduleId
);

minted!(SessionId, "ses_");
minted!(TokenId, "tok_");
minted!(DeviceId, "dev_");
minted!(KeyId, "key_");
minted!(GrantId, "gra_");
minted!(CredentialId, "cred_");
minted!(ScheduleId, "sch_");

/// How many digits of a minted id say the time.
const TIME_DIGITS: usize = 10;
/// How many digits of its session's id a token's id holds: the whole time, and the first 28 random bits.
const SESSION_DIGITS: usize = 16;
/// How many digits a minted id has.
const DIGITS: usize = 36;

impl TokenId {
    /// The id of a token of `session`: as a minted one, but what follows the time is how the session's id begins, and
    /// the last 50 bits are the random ones of `random`. So the session is found by the id of each of its tokens, with
    /// nothing written down for a token. For a session whose id was not minted, a minted id.
    ///
    /// Two tokens of one session and one millisecond have the same id once in 2^50.
    pub fn mint_in(session: &SessionId, now: Timestamp, random: [u8; 16]) -> Self {
        let digits = session.as_str().strip_prefix(SessionId::PREFIX).filter(|digits| is_minted(digits));
        let Some(begin) = digits.and_then(|digits| digits.get(..SESSION_DIGITS)) else {
            return Self::mint(now, random);
        };
        let mut text = String::with_capacity(Self::PREFIX.len() + DIGITS);
        text.push_str(Self::PREFIX);
        push_digits(&mut text, u128::from(now.milliseconds() & 0xFFFF_FFFF_FFFF), 10);
        text.push_str(begin);
        push_digits(&mut text, u128::from_be_bytes(random), 10);
        Self(text.into())
    }

    /// How the id of the session begins that a token of this id is of, if it is one of [`TokenId::mint_in`]. An id of
    /// another origin may begin like no session's, or may not say anything.
    pub fn session_begins(&self) -> Option<String> {
        let digits = self.as_str().strip_prefix(Self::PREFIX).filter(|digits| is_minted(digits))?;
        let begin = digits.get(TIME_DIGITS..TIME_DIGITS + SESSION_DIGITS)?;
        Some([SessionId::PREFIX, begin].concat())
    }
}

/// Whether `digits` are those of a minted id.
fn is_minted(digits: &str) -> bool {
    digits.len() == DIGITS && digits.bytes().all(|digit| CROCKFORD.contains(&digit))
}

const CROCKFORD: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 48 bits of time and 128 bits of randomness are 176 bits: 36 digits of five bits, zero-padded in front.
fn mint_text(prefix: &str, now: Timestamp, random: [u8; 16]) -> Arc<str> {
    let mut text = String::with_capacity(prefix.len() + 36);
    text.push_str(prefix);
    let time = now.milliseconds() & 0xFFFF_FFFF_FFFF;
    push_digits(&mut text, u128::from(time), 10);
    push_digits(&mut text, u128::from_be_bytes(random), 26);
    text.into()
}

fn push_digits(text: &mut String, number: u128, digits: u32) {
    for place in (0..digits).rev() {
        let digit = (number >> (place * 5)) & 31;
        let digit = CROCKFORD.get(digit as usize).copied().unwrap_or(b'0');
        text.push(char::from(digit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_token_says_how_the_id_of_its_session_begins() {
        // S31: look-up by `jti`.
        let opened = Timestamp::from_milliseconds(1_800_000_000_123);
        let session = SessionId::mint(opened, [0xA7; 16]);
        let now = Timestamp::from_milliseconds(1_800_000_100_456);
        let token = TokenId::mint_in(&session, now, [0x5C; 16]);
        let begin = token.session_begins().unwrap();
        assert!(session.as_str().starts_with(&begin), "{session} {begin}");
        assert_eq!(begin.len(), 20);
        assert_eq!(token.as_str().len(), TokenId::mint(now, [0; 16]).as_str().len());
        assert_eq!(
            token.as_str().get(..14),
            TokenId::mint(now, [0; 16]).as_str().get(..14),
            "sorted by time"
        );
        let other = TokenId::mint_in(&session, now, [0x5D; 16]);
        assert_ne!(token, other);
        let same_millisecond = SessionId::mint(opened, [0xB7; 16]);
        assert!(!same_millisecond.as_str().starts_with(&begin));
    }

    #[test]
    fn the_id_of_a_token_shows_no_session_whole() {
        let session = SessionId::mint(Timestamp::EPOCH, [0xFF; 16]);
        let token = TokenId::mint_in(&session, Timestamp::EPOCH, [0; 16]);
        assert!(!token.as_str().contains(session.as_str().get(20..).unwrap()), "100 bits of it stay out");
    }

    #[test]
    fn ids_of_another_form_say_nothing_of_a_session() {
        for text in ["tok_1", "a1b2", "ses_0000000000000000000000000000000000", "tok_é"] {
            assert_eq!(TokenId::new(text).unwrap().session_begins(), None, "{text}");
        }
        let own = SessionId::new("ses_1").unwrap();
        let now = Timestamp::from_seconds(1);
        assert_eq!(TokenId::mint_in(&own, now, [9; 16]), TokenId::mint(now, [9; 16]));
    }

    #[test]
    fn an_id_is_one_to_256_bytes_without_control_characters() {
        assert_eq!(Subject::new(""), Err(NotAnId::Empty));
        assert!(Subject::new("a".repeat(256)).is_ok());
        assert_eq!(Subject::new("a".repeat(257)), Err(NotAnId::TooLong));
        for bad in ["a\0b", "a\r\nb", "\u{85}"] {
            assert_eq!(Subject::new(bad), Err(NotAnId::ControlCharacter));
        }
    }

    #[test]
    fn ids_are_compared_byte_by_byte_without_normalisation() {
        // attack row 15: composed and decomposed forms are two subjects.
        assert_ne!(Subject::new("caf\u{e9}"), Subject::new("cafe\u{301}"));
    }

    #[test]
    fn minted_ids_sort_by_time_and_keep_all_random_bits() {
        let early = SessionId::mint(Timestamp::from_milliseconds(1), [0xFF; 16]);
        let late = SessionId::mint(Timestamp::from_milliseconds(2), [0; 16]);
        assert!(early < late);
        assert_eq!(early.as_str().len(), 4 + 36);
        let mut seen = std::collections::HashSet::new();
        for bit in 0..128_u32 {
            let random = (1_u128 << bit).to_be_bytes();
            assert!(seen.insert(SessionId::mint(Timestamp::EPOCH, random)));
        }
    }
}
