//! The claims of a token as this project reads them.
//!
//! [`Claims`] owns the payload text and points into it, so that reading a token costs one allocation.
//! Nobody can tell from a `Claims` whether a signature was checked: see
//! [`VerifiedClaims`](crate::verified::VerifiedClaims).

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;

use crate::position::Position;

/// A string of the payload: a range of it where it was spelt without escapes, else its decoded text.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Spelling);

#[derive(Clone, PartialEq, Eq)]
enum Spelling {
    Range { start: u32, end: u32 },
    Decoded(Box<str>),
}

impl Text {
    /// The bytes `start..end` of the payload, quotes left out.
    pub const fn range(start: u32, end: u32) -> Self {
        Self(Spelling::Range { start, end })
    }

    /// A text that had to be decoded, or that came from elsewhere than the payload.
    pub fn decoded(text: impl Into<Box<str>>) -> Self {
        Self(Spelling::Decoded(text.into()))
    }

    /// What it says, for a text found in `payload`.
    pub fn read<'a>(&'a self, payload: &'a str) -> &'a str {
        match &self.0 {
            // A range that is not one of this payload reads as empty: it then equals no id.
            Spelling::Range { start, end } => payload.get(*start as usize..*end as usize).unwrap_or_default(),
            Spelling::Decoded(text) => text,
        }
    }
}

/// The registered claims, found by whoever parsed the payload. Times are whole Unix seconds.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Registered {
    /// `iss`.
    pub issuer: Option<Text>,
    /// `sub`, or the claim that the issuer's profile names instead.
    pub subject: Option<Text>,
    /// The first `aud`; apart from the others, because most tokens have one and it then costs no allocation.
    pub audience: Option<Text>,
    /// Every further `aud`.
    pub more_audiences: Vec<Text>,
    /// `client_id`, or `azp` where the profile says so.
    pub client: Option<Text>,
    /// `sid`.
    pub session: Option<Text>,
    /// `jti`.
    pub token: Option<Text>,
    /// `device_id`, or the claim that the issuer's profile names instead.
    pub device: Option<Text>,
    /// `scope`: names separated by single spaces (RFC 6749 section 3.3).
    pub scope: Option<Text>,
    /// `exp`; required, so not optional here. A fraction was rounded down.
    pub expires_at: u64,
    /// `iat`, a fraction rounded down.
    pub issued_at: Option<u64>,
    /// `nbf`, a fraction rounded up.
    pub not_before: Option<u64>,
    /// `auth_time`, a fraction rounded down.
    pub authenticated_at: Option<u64>,
    /// `pos`: the log position that an own token was issued at.
    pub position: Option<Position>,
}

impl Registered {
    /// Every `aud`, in the order of the token.
    pub fn audiences(&self) -> impl Iterator<Item = &Text> {
        self.audience.iter().chain(&self.more_audiences)
    }
}

/// What a token says.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    payload: Box<str>,
    registered: Registered,
}

impl Claims {
    /// The claims whose JSON text is `payload`, with the registered ones already found in it.
    pub fn new(payload: impl Into<Box<str>>, registered: Registered) -> Self {
        Self { payload: payload.into(), registered }
    }

    fn read<'a>(&'a self, text: Option<&'a Text>) -> Option<&'a str> {
        text.map(|text| text.read(&self.payload))
    }

    /// `iss`.
    pub fn issuer(&self) -> Option<&str> {
        self.read(self.registered.issuer.as_ref())
    }

    /// `sub`.
    pub fn subject(&self) -> Option<&str> {
        self.read(self.registered.subject.as_ref())
    }

    /// Every `aud`.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        self.registered.audiences().map(|text| text.read(&self.payload))
    }

    /// `client_id`.
    pub fn client(&self) -> Option<&str> {
        self.read(self.registered.client.as_ref())
    }

    /// `sid`.
    pub fn session(&self) -> Option<&str> {
        self.read(self.registered.session.as_ref())
    }

    /// `jti`.
    pub fn token(&self) -> Option<&str> {
        self.read(self.registered.token.as_ref())
    }

    /// `device_id`.
    pub fn device(&self) -> Option<&str> {
        self.read(self.registered.device.as_ref())
    }

    /// `scope`, as it was spelt.
    pub fn scope(&self) -> Option<&str> {
        self.read(self.registered.scope.as_ref())
    }

    /// Whether `scope` holds `name`.
    pub fn has_scope(&self, name: &str) -> bool {
        self.scope().is_some_and(|scope| scope.split(' ').any(|held| held == name))
    }

    /// `roles` (RFC 9068 section 2.2.3.1), where it is a list of texts: in any other form it names no role that
    /// anybody could rely on. Parses the payload anew, unless it names no roles: keep it off the hot path.
    pub fn roles(&self) -> Vec<Cow<'_, str>> {
        // Most tokens have none, and a payload is not parsed for nothing. An escaped spelling is found in the parse
        // of the token and nowhere else: no issuer writes one.
        if !self.payload.contains("\"roles\"") {
            return Vec::new();
        }
        let claims = serde_json::from_str::<WithRoles<'_>>(&self.payload).unwrap_or_default();
        claims.roles.into_iter().map(|Role(name)| name).collect()
    }

    /// `exp`, Unix seconds.
    pub fn expires_at(&self) -> u64 {
        self.registered.expires_at
    }

    /// `iat`, Unix seconds.
    pub fn issued_at(&self) -> Option<u64> {
        self.registered.issued_at
    }

    /// `nbf`, Unix seconds.
    pub fn not_before(&self) -> Option<u64> {
        self.registered.not_before
    }

    /// `auth_time`, Unix seconds.
    pub fn authenticated_at(&self) -> Option<u64> {
        self.registered.authenticated_at
    }

    /// `pos`.
    pub fn position(&self) -> Option<Position> {
        self.registered.position
    }

    /// The payload as the issuer spelt it: JSON, an object.
    pub fn payload(&self) -> &str {
        &self.payload
    }

    /// All claims as a JSON object. Parses the payload anew: keep it off the hot path.
    pub fn to_object(&self) -> serde_json::Map<String, serde_json::Value> {
        serde_json::from_str(&self.payload).unwrap_or_default()
    }
}

/// The one claim that is looked for; every other is skipped unread.
#[derive(Default, Deserialize)]
struct WithRoles<'a> {
    #[serde(borrow, default)]
    roles: Vec<Role<'a>>,
}

#[derive(Deserialize)]
struct Role<'a>(#[serde(borrow)] Cow<'a, str>);

impl fmt::Debug for Claims {
    /// Names no value: a payload is private to its subject.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").field("payload_bytes", &self.payload.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Claims {
        let payload = r#"{"sub":"alice","scope":"read write"}"#;
        let registered = Registered {
            subject: Some(Text::range(8, 13)),
            scope: Some(Text::range(24, 34)),
            session: Some(Text::decoded("ses_1")),
            ..Registered::default()
        };
        Claims::new(payload, registered)
    }

    #[test]
    fn a_claim_is_read_out_of_the_payload_it_was_found_in() {
        let claims = claims();
        assert_eq!(claims.subject(), Some("alice"));
        assert_eq!(claims.session(), Some("ses_1"));
        assert_eq!(claims.token(), None);
    }

    #[test]
    fn a_scope_is_matched_whole() {
        let claims = claims();
        assert!(claims.has_scope("read"));
        assert!(!claims.has_scope("rea"));
        assert!(!claims.has_scope("read write"));
    }

    #[test]
    fn roles_are_a_list_of_texts_or_nothing() {
        // RFC 9068 section 2.2.3.1
        let read = |payload: &str| {
            let claims = Claims::new(payload, Registered::default());
            claims.roles().into_iter().map(Cow::into_owned).collect::<Vec<_>>()
        };
        assert_eq!(read(r#"{"sub":"a","roles":["admin","a\"b"],"x":{"roles":["no"]}}"#), ["admin", "a\"b"]);
        for payload in [r#"{"roles":"admin"}"#, r#"{"roles":[1]}"#, r#"{"x":{"roles":["no"]}}"#, "{}"] {
            assert!(read(payload).is_empty(), "{payload}");
        }
    }

    #[test]
    fn debug_shows_no_claim() {
        assert!(!format!("{:?}", claims()).contains("alice"));
    }
}
