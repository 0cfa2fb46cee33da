//! Access tokens (RFC 9068): what they say, and for how long.

use quash_core::ids::{ClientId, TokenId};
use quash_core::position::Position;
use quash_core::session::session::Session;
use quash_core::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::authority::Authority;
use crate::entropy::random;
use crate::error::Error;
use crate::plain_token::PlainToken;
use crate::settings::ClientProfile;
use crate::signing_keys;

/// What an access token is made of.
pub(crate) struct Issue<'a> {
    pub(crate) client: &'a ClientProfile,
    /// None for `client_credentials`: the client speaks for itself then.
    pub(crate) session: Option<&'a Session>,
    pub(crate) scope: &'a str,
    /// The head read no later than anything that this token stands on.
    pub(crate) position: Position,
    pub(crate) now: Timestamp,
}

/// An access token, with the times that a reply speaks of.
pub(crate) struct Issued {
    pub(crate) token: PlainToken,
    /// `iat`.
    pub(crate) from: u64,
    /// `exp`.
    pub(crate) until: u64,
}

#[derive(Serialize)]
struct Payload<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: Audience<'a>,
    client_id: &'a str,
    iat: u64,
    exp: u64,
    jti: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    pos: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<u64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    amr: &'a [Box<str>],
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<&'a str>,
    #[serde(flatten)]
    claims: Map<String, Value>,
}

/// One audience is a string, several are an array (RFC 7519 section 4.1.3).
#[derive(Serialize)]
#[serde(untagged)]
enum Audience<'a> {
    One(&'a str),
    Many(&'a [Box<str>]),
}

impl<'a> Audience<'a> {
    fn of(client: &'a ClientProfile) -> Self {
        match client.audiences.as_slice() {
            [one] => Self::One(one),
            many => Self::Many(many),
        }
    }
}

impl Issue<'_> {
    fn subject(&self) -> &str {
        self.session.map_or_else(|| self.client.id.as_str(), |session| session.subject.as_str())
    }

    /// The session's claims, as far as this client may carry them.
    fn claims(&self) -> Map<String, Value> {
        let Some(session) = self.session else { return Map::new() };
        let carried = session.claims.iter().filter(|(name, _)| self.client.claims.contains(name));
        carried.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

impl Authority {
    /// Signs an access token, that of a session with its subject's own key where there are such keys (S20). It lives for the client's time, never beyond the session's absolute end (S07).
    pub(crate) async fn issue(&self, issue: &Issue<'_>) -> Result<Issued, Error> {
        self.note_issue(issue.now);
        let issued_at = issue.now.seconds();
        let life = issue.client.lifetimes.unwrap_or(self.settings.lifetimes).access.as_secs();
        let end = issue.session.map_or(u64::MAX, |session| session.absolute_end.seconds());
        let expires_at = issued_at.saturating_add(life).min(end);
        let session = issue.session;
        let bytes = random(&*self.entropy)?;
        let id = match session {
            Some(session) => TokenId::mint_in(&session.id, issue.now, bytes),
            None => TokenId::mint(issue.now, bytes),
        };
        let payload = Payload {
            iss: self.settings.issuer.as_str(),
            sub: issue.subject(),
            aud: Audience::of(issue.client),
            client_id: ClientId::as_str(&issue.client.id),
            iat: issued_at,
            exp: expires_at,
            jti: id.as_str(),
            sid: session.map(|session| session.id.as_str()),
            pos: issue.position.number(),
            scope: issue.scope,
            auth_time: session.map(|session| session.authenticated_at.seconds()),
            amr: session.map_or(&[], |session| &session.methods),
            device_id: session.map(|session| session.device.id.as_str()),
            claims: issue.claims(),
        };
        let typ = issue.client.token_type.name();
        let user_key = match session {
            Some(session) => self.user_key(&session.subject).await?,
            None => None,
        };
        let token = match user_key {
            Some(key) => signing_keys::mint(&key, typ, &payload)?,
            None => self.keys.load().sign(typ, &payload)?,
        };
        Ok(Issued { token, from: issued_at, until: expires_at })
    }
}
