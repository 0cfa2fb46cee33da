//! A token that may be used once (S30): for a link in a mail, a download, a change that must not happen twice.

use std::time::Duration;

use quash_core::ids::{Subject, TokenId};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::authority::Authority;
use crate::caller::Caller;
use crate::claims_policy;
use crate::entropy::random;
use crate::error::{Error, RequestError};
use crate::permissions::{Verb, authorize};
use crate::plain_token::PlainToken;
use crate::settings::Allowed;
use crate::text;

/// `typ` of a one-time token: no verifier of access tokens takes it for one (RFC 8725 section 3.11).
pub const ONE_TIME_TYPE: &str = "one-time+jwt";

/// The longest purpose, in bytes.
pub(crate) const LONGEST_PURPOSE: usize = 256;

/// A one-time token to make.
#[derive(Clone, Debug, PartialEq)]
pub struct NewOneTimeToken {
    /// Whose.
    pub subject: Subject,
    /// What it is for: whoever spends it names the same purpose.
    pub purpose: Box<str>,
    /// What it carries besides.
    pub claims: Map<String, Value>,
    /// How long it lives; the longest life that is configured when `None`. Whole seconds.
    pub life: Option<Duration>,
}

/// A one-time token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneTimeToken {
    /// The token.
    pub token: PlainToken,
    /// Its `jti`.
    pub id: TokenId,
    /// Seconds until it is over.
    pub expires_in: u64,
}

#[derive(Serialize)]
struct Payload<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
    jti: &'a str,
    pos: u64,
    purpose: &'a str,
    #[serde(flatten)]
    claims: &'a Map<String, Value>,
}

impl Authority {
    /// Makes a token that can be spent once, within its life. Nothing is stored: only a use is.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Request`] for a bad purpose, claims that may not be carried, or a life of zero or
    /// beyond the longest one; [`Error::Store`], for the token stands at the head of the log.
    pub async fn issue_one_time_token(
        &self,
        caller: &Caller,
        new: NewOneTimeToken,
    ) -> Result<OneTimeToken, Error> {
        authorize(caller, Verb::IssueOneTimeTokens)?;
        text::check("purpose", &new.purpose, LONGEST_PURPOSE)?;
        claims_policy::check(&new.claims, &Allowed::Any, self.settings.claims_budget_bytes)?;
        if new.claims.contains_key("purpose") {
            return Err(RequestError::new("claims.purpose", "no claim that the token says by itself").into());
        }
        let life = self.one_time_life(new.life)?;
        // INVARIANT: the clock is read before the head. Whatever is revoked after the head hits the token, and is held for as
        // long as a token lives that was issued by then.
        let now = self.now();
        let position = self.store.head().await?.position;
        self.note_issue(now);
        let id = TokenId::mint(now, random(&*self.entropy)?);
        let issuer = self.settings.issuer.as_str();
        let payload = Payload {
            iss: issuer,
            sub: new.subject.as_str(),
            aud: issuer,
            iat: now.seconds(),
            exp: now.seconds() + life,
            jti: id.as_str(),
            pos: position.number(),
            purpose: &new.purpose,
            claims: &new.claims,
        };
        let token = self.keys.load().sign(ONE_TIME_TYPE, &payload)?;
        self.counters.one_time_issued.add_one();
        Ok(OneTimeToken { token, id, expires_in: life })
    }

    fn one_time_life(&self, asked: Option<Duration>) -> Result<u64, RequestError> {
        let longest = self.settings.one_time.longest.as_secs();
        let life = asked.map_or(longest, |life| life.as_secs());
        if (1..=longest).contains(&life) {
            Ok(life)
        } else {
            Err(RequestError::new("life", format!("1 to {longest} seconds")))
        }
    }
}
