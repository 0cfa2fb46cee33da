//! What a session may carry into its access tokens.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::counts::Counter;
use crate::error::RequestError;
use crate::settings::Allowed;

/// Claims that an access token says by itself, or that would change what it means: a session can not set them.
pub const RESERVED_CLAIMS: [&str; 18] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "sid",
    "pos",
    "client_id",
    "azp",
    "scope",
    "auth_time",
    "amr",
    "device_id",
    "cnf",
    "act",
    "nonce",
];

/// A token may be nested 16 deep and have 256 members at one level; claims stay well below.
const DEEPEST: usize = 8;
const MOST_MEMBERS: usize = 100;

/// Parts of names that hint at personal data or secrets, which do not belong into a token (S49).
const PRIVATE: [&str; 9] =
    ["email", "e_mail", "phone", "mobile", "msisdn", "password", "passwd", "pwd", "secret"];
/// So many different names are warned about; then the point has been made.
const MOST_WARNINGS: usize = 256;

/// Whether `claims` may go into tokens: within `budget` bytes, none reserved, all allowed for the client.
pub(crate) fn check(
    claims: &Map<String, Value>,
    allowed: &Allowed,
    budget: usize,
) -> Result<(), RequestError> {
    for name in claims.keys() {
        if RESERVED_CLAIMS.contains(&name.as_str()) {
            return Err(RequestError::new(field(name), "no claim that the token says by itself"));
        }
        if !allowed.contains(name) {
            return Err(RequestError::new(field(name), "a claim that the client may carry"));
        }
    }
    let too_large = || RequestError::new("claims", format!("at most {budget} bytes of JSON"));
    let size = serde_json::to_vec(claims).map_err(|_| too_large())?.len();
    if size > budget {
        return Err(too_large());
    }
    if !claims.values().all(|value| is_shallow(value, 1)) || count(claims) > MOST_MEMBERS {
        let expected = format!("at most {MOST_MEMBERS} members, nested at most {DEEPEST} deep");
        return Err(RequestError::new("claims", expected));
    }
    Ok(())
}

/// The name is shown only where it is one that could be a claim's, and is too short to be a key or a token (I13).
fn field(name: &str) -> String {
    if is_plain(name) { format!("claims.{name}") } else { "claims".to_owned() }
}

/// Keys have 32 characters or more.
fn is_plain(name: &str) -> bool {
    name.len() < 32 && name.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_shallow(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(items) => depth < DEEPEST && items.iter().all(|item| is_shallow(item, depth + 1)),
        Value::Object(members) => {
            depth < DEEPEST && members.values().all(|value| is_shallow(value, depth + 1))
        }
        _ => true,
    }
}

fn count(members: &Map<String, Value>) -> usize {
    let inner = members.values().map(|value| match value {
        Value::Object(members) => count(members),
        _ => 0,
    });
    members.len() + inner.sum::<usize>()
}

/// Which names were warned about already: each is once.
#[derive(Debug, Default)]
pub(crate) struct NamesWarned(Mutex<BTreeSet<Box<str>>>);

impl NamesWarned {
    /// Warns about claims whose names hint at personal data or secrets. Their values are not looked at.
    pub(crate) fn warn(&self, claims: &Map<String, Value>, counter: &Counter) {
        for name in claims.keys().filter(|name| hints_at_private(name)) {
            counter.add_one();
            if self.is_new(name) {
                let name = if is_plain(name) { name } else { "(a long name)" };
                tracing::warn!(claim = ?name, "a claim looks like personal data or a secret: every bearer can read it");
            }
        }
    }

    fn is_new(&self, name: &str) -> bool {
        let mut warned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        warned.len() < MOST_WARNINGS && warned.insert(name.into())
    }
}

fn hints_at_private(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    PRIVATE.iter().any(|hint| name.contains(hint))
}
