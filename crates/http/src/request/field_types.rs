//! What the fields of requests hold: ids, texts, numbers, times.

use std::net::IpAddr;

use quash_core::ids::{ClientId, CredentialId, DeviceId, Issuer, KeyId, SessionId, Subject, TokenId};
use quash_core::position::Position;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::reason::Reason;
use quash_core::time::Timestamp;
use serde_json::{Map, Value};

use super::fields::Field;
use crate::rfc3339;

macro_rules! id_fields {
    ($($name:ident),*) => {$(
        impl Field for $name {
            const EXPECTED: &'static str = "text of 1 to 256 bytes without control characters";

            fn from_value(value: Value) -> Option<Self> {
                Self::new(text(value)?).ok()
            }
        }
    )*};
}

id_fields!(ClientId, CredentialId, DeviceId, Issuer, KeyId, SessionId, Subject, TokenId);

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Any text, as long as the body may be: the use case that takes it knows its bounds.
impl Field for Box<str> {
    const EXPECTED: &'static str = "text";

    fn from_value(value: Value) -> Option<Self> {
        text(value).map(Into::into)
    }
}

/// A list of such texts.
impl Field for Vec<Box<str>> {
    const EXPECTED: &'static str = "a list of texts";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Array(items) => items.into_iter().map(Box::from_value).collect(),
            _ => None,
        }
    }
}

/// An address that somebody signed in from.
impl Field for IpAddr {
    const EXPECTED: &'static str = "an IPv4 or IPv6 address";

    fn from_value(value: Value) -> Option<Self> {
        text(value)?.parse().ok()
    }
}

impl Field for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_value(value: Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Field for u64 {
    const EXPECTED: &'static str = "a whole number from 0 to 9007199254740991";

    fn from_value(value: Value) -> Option<Self> {
        // Beyond 2^53 - 1 other readers of the same JSON would see another number.
        value.as_u64().filter(|number| *number <= Position::LAST.number())
    }
}

impl Field for Position {
    const EXPECTED: &'static str = "a position: a whole number from 0 to 9007199254740991";

    fn from_value(value: Value) -> Option<Self> {
        Self::new(value.as_u64()?).ok()
    }
}

impl Field for Timestamp {
    const EXPECTED: &'static str = "a time as in RFC 3339, from 1970 on: `2026-01-31T12:00:00Z`";

    fn from_value(value: Value) -> Option<Self> {
        rfc3339::parse(&text(value)?)
    }
}

impl Field for Effect {
    const EXPECTED: &'static str = "`end` or `refresh`";

    fn from_value(value: Value) -> Option<Self> {
        match value.as_str()? {
            "end" => Some(Self::End),
            "refresh" => Some(Self::Refresh),
            _ => None,
        }
    }
}

impl Field for Reason {
    const EXPECTED: &'static str = "1 to 64 of the characters a-z, 0-9 and `_`";

    fn from_value(value: Value) -> Option<Self> {
        Self::new(text(value)?).ok()
    }
}

impl Field for Map<String, Value> {
    const EXPECTED: &'static str = "an object";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }
}
