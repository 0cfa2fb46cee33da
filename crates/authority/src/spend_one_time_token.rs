//! A one-time token is used (S30): once, whoever else holds a copy.

use std::borrow::Cow;

use quash_core::ids::TokenId;
use quash_core::revocation::rejection::Hit;
use quash_core::revocation::target::TargetKind;
use quash_core::time::Timestamp;
use quash_core::verified::VerifiedClaims;
use quash_jose::{Limits, Required, TokenProfile, TypeRule, UnverifiedToken};
use quash_storage::ports::{Details, Spend, Spent};
use serde_json::{Map, Value};

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::Error;
use crate::issue_one_time_token::{LONGEST_PURPOSE, ONE_TIME_TYPE};
use crate::permissions::{Verb, authorize};
use crate::text;

/// What became of the use of a one-time token.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SpendOutcome {
    /// It was the first use, and every later one is refused.
    Spent(Box<SpentToken>),
    /// It is not to be honoured. Nothing was used up.
    Refused(SpendRefusal),
    /// As many uses as may be are remembered: try again later. Nothing was used up.
    Full,
}

/// A token that was spent.
#[derive(Clone, Debug, PartialEq)]
pub struct SpentToken {
    /// Its `jti`.
    pub id: TokenId,
    /// Every claim of it.
    pub claims: Map<String, Value>,
}

/// Why a one-time token is not honoured.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpendRefusal {
    /// It is none of ours, or not what it was. Which of it nobody is told.
    Invalid,
    /// It was made for something else.
    OtherPurpose,
    /// It is over.
    Expired,
    /// The log says no: its subject, it itself, or the key that it was signed with was ended.
    Revoked(Hit),
    /// It was used before.
    Before {
        /// When.
        at: Timestamp,
    },
}

impl SpendRefusal {
    /// The reason in one word of `[a-z0-9_]`.
    pub fn reason(&self) -> Cow<'_, str> {
        match self {
            Self::Invalid => "invalid_token".into(),
            Self::OtherPurpose => "other_purpose".into(),
            Self::Expired => "expired".into(),
            Self::Revoked(hit) => hit.reason.as_str().into(),
            Self::Before { .. } => "already_spent".into(),
        }
    }
}

impl Authority {
    /// Uses `token`, which has to be for `purpose`. One durable write; of parallel uses exactly one is
    /// [`SpendOutcome::Spent`]. A token that is refused for another reason than its use can still be used.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Request`]; [`Error::Store`]: the token may have been used up without anybody having
    /// been told, so that a repetition says [`SpendRefusal::Before`].
    pub async fn spend_one_time_token(
        &self,
        caller: &Caller,
        token: &str,
        purpose: &str,
    ) -> Result<SpendOutcome, Error> {
        authorize(caller, Verb::SpendOneTimeTokens)?;
        text::check("purpose", purpose, LONGEST_PURPOSE)?;
        let now = self.now();
        let claims = match self.judge_one_time(token, purpose, now) {
            Ok(claims) => claims,
            Err(refusal) => return Ok(self.refused(refusal)),
        };
        let Some(id) = claims.token().and_then(|id| TokenId::new(id).ok()) else {
            return Ok(self.refused(SpendRefusal::Invalid));
        };
        let keys = self.store.identity().await?.key.issuer_key(&self.settings.issuer);
        let spend = Spend {
            token: keys.of_id(TargetKind::Token, id.as_str()),
            act: caller.act(now),
            about: about(&claims, &id, purpose),
            // Remembered for as long as any server of this issuer could honour it.
            until: Timestamp::from_seconds(claims.expires_at()).plus(self.settings.leeway),
            most: self.settings.one_time.most,
        };
        Ok(match self.store.spend(spend).await? {
            Spent::Now => {
                self.counters.one_time_spent.add_one();
                SpendOutcome::Spent(Box::new(SpentToken { id, claims: claims.to_object() }))
            }
            Spent::Before { at } => self.refused(SpendRefusal::Before { at }),
            // An outcome that this version does not know honours nothing.
            _ => SpendOutcome::Full,
        })
    }

    /// Whether the token could be honoured, its use aside.
    ///
    /// INVARIANT: what was revoked and acknowledged before this call is enforced by the verifier that is asked.
    fn judge_one_time(
        &self,
        token: &str,
        purpose: &str,
        now: Timestamp,
    ) -> Result<VerifiedClaims, SpendRefusal> {
        let keys = self.keys.load();
        let claims = UnverifiedToken::parse(token, Limits::default())
            .and_then(|token| token.verify(&keys.verifying, &self.one_time_profile()))
            .map_err(|_| SpendRefusal::Invalid)?;
        // RFC 7519 section 4.1.4: over on `exp` exactly.
        if now >= Timestamp::from_seconds(claims.expires_at()).plus(self.settings.leeway) {
            return Err(SpendRefusal::Expired);
        }
        if claims.to_object().get("purpose").and_then(Value::as_str) != Some(purpose) {
            return Err(SpendRefusal::OtherPurpose);
        }
        match self.enforcement.hit(&claims, &self.own_time_rules()) {
            Some(hit) => Err(SpendRefusal::Revoked(hit)),
            None => Ok(claims),
        }
    }

    fn one_time_profile(&self) -> TokenProfile {
        let issuer = self.settings.issuer.clone();
        let audience = issuer.as_str().to_owned();
        TokenProfile::own(issuer, vec![audience])
            .with_types(TypeRule::OneOf(vec![ONE_TIME_TYPE.to_owned()]))
            .with_required(vec![Required::Subject, Required::Token, Required::IssuedAt, Required::Position])
    }

    fn refused(&self, refusal: SpendRefusal) -> SpendOutcome {
        self.counters.one_time_refused.add_one();
        SpendOutcome::Refused(refusal)
    }
}

/// What the audit log says of a token that is used up.
fn about(claims: &VerifiedClaims, id: &TokenId, purpose: &str) -> Details {
    let mut about = Details::from([("token".into(), id.as_str().into()), ("purpose".into(), purpose.into())]);
    if let Some(subject) = claims.subject() {
        about.insert("subject".into(), subject.into());
    }
    about
}
