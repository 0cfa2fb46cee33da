//! An access token in plain words, and the rule of what hits it.

use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Exception};
use quash_core::revocation::target::Target;
use serde::Deserialize;

use super::entry::Said;

/// An access token that was handed out.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) kid: String,
    pub(crate) says: Says,
    /// Whether it was seen refused for a revocation: from then on it may never be accepted.
    pub(crate) seen_revoked: bool,
}

/// What its payload says.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Says {
    pub(crate) sub: String,
    pub(crate) client_id: String,
    pub(crate) iat: u64,
    pub(crate) exp: u64,
    pub(crate) jti: String,
    pub(crate) sid: String,
    pub(crate) pos: u64,
    pub(crate) auth_time: u64,
    pub(crate) device_id: String,
    #[serde(default)]
    pub(crate) roles: Vec<String>,
}

#[derive(Deserialize)]
struct Header {
    kid: String,
}

impl Token {
    /// Reads a token that the authority handed out. Checks nothing.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let header: Header = part(parts.next()?)?;
        let says = part(parts.next()?)?;
        Some(Self { text: text.to_owned(), kid: header.kid, says, seen_revoked: false })
    }

    /// The token in a few words, for a failure's report: no part of its text.
    pub(crate) fn describe(&self) -> String {
        let Says { sub, client_id, iat, exp, sid, pos, .. } = &self.says;
        format!("a token of {sub} through {client_id}, session {sid}, position {pos}, life {iat}..{exp},")
    }

    /// Whether what was said at `position` hits this token: the rule of the design, word by word.
    pub(crate) fn is_hit_by(&self, said: &Said, position: Position) -> bool {
        let says = &self.says;
        if said.undoes.is_some() || !self.is_named_by(&said.target) || self.is_spared_by(said) {
            return false;
        }
        // An identity has no time: neither its position nor a window matters.
        said.is_identity() || (says.pos < position.number() && self.is_in_window(said))
    }

    fn is_named_by(&self, target: &Target) -> bool {
        let says = &self.says;
        match target {
            Target::Token(id) => id.as_str() == says.jti,
            Target::Session(id) => id.as_str() == says.sid,
            Target::Key(id) => id.as_str() == self.kid,
            Target::Subject(id) => id.as_str() == says.sub,
            Target::Device { subject, device } => {
                subject.as_str() == says.sub && device.as_str() == says.device_id
            }
            Target::Client(id) => id.as_str() == says.client_id,
            Target::Claim { name, value } => {
                &**name == "roles" && says.roles.iter().any(|role| **role == **value)
            }
            Target::Issuer => true,
            // Own tokens have a `jti`: no digest names them.
            _ => false,
        }
    }

    fn is_spared_by(&self, said: &Said) -> bool {
        match &said.exception {
            Some(Exception::Session(id)) => id.as_str() == self.says.sid,
            Some(Exception::Token(id)) => id.as_str() == self.says.jti,
            _ => false,
        }
    }

    /// The window narrows by the sign-in for `end`, by the issue for `refresh`.
    fn is_in_window(&self, said: &Said) -> bool {
        let second = match said.effect {
            Effect::End => self.says.auth_time,
            _ => self.says.iat,
        };
        said.window.is_none_or(|(from, to)| from <= second && second <= to)
    }
}

fn part<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).ok()?;
    serde_json::from_slice(&bytes).ok()
}
