//! What can be revoked, as it is asked for.

use quash_core::ids::{ClientId, DeviceId, Issuer, KeyId, SessionId, Subject, TokenId};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Exception};
use quash_core::revocation::reason::Reason;
use quash_core::time::Timestamp;

use crate::plain_token::PlainToken;

/// A revocation to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationRequest {
    /// Whose tokens; our own when `None`. For [`TargetRequest::TokenText`] the token may say it instead.
    pub issuer: Option<Issuer>,
    /// What it hits.
    pub target: TargetRequest,
    /// What it does.
    pub effect: Effect,
    /// Over how many seconds a cutoff that says [`Effect::Refresh`] comes to its tokens, so that not all are renewed at
    /// once: at most the life of an access token, or everybody is renewed before. At once when `None`.
    pub spread_seconds: Option<u64>,
    /// What a cutoff spares.
    pub except: Option<Exception>,
    /// Narrows a cutoff: first and last instant, both included, compared in whole seconds.
    pub window: Option<(Timestamp, Timestamp)>,
    /// Why.
    pub reason: Reason,
    /// Count only; do nothing.
    pub dry_run: bool,
    /// Do nothing when more live sessions than this match.
    pub expect_max: Option<u64>,
    /// Makes a retry one entry; 1 to 256 bytes, the caller's own.
    pub idempotency: Option<Box<str>>,
    /// What caused it: a request id, at most 256 bytes.
    pub cause: Box<str>,
}

impl RevocationRequest {
    /// Ends `target` of our own, for the reason `admin`, at once.
    pub fn end(target: TargetRequest) -> Self {
        Self {
            issuer: None,
            target,
            effect: Effect::End,
            spread_seconds: None,
            except: None,
            window: None,
            reason: Reason::known(Reason::ADMIN),
            dry_run: false,
            expect_max: None,
            idempotency: None,
            cause: "".into(),
        }
    }
}

/// What a revocation hits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetRequest {
    /// The token with this `jti`.
    Token {
        /// `jti`.
        id: TokenId,
        /// Its `exp`, if the caller knows it: the entry is forgotten after it.
        expires_at: Option<Timestamp>,
    },
    /// This token: known by its `jti`, else by the digest of its signing input. The text is forgotten.
    TokenText(PlainToken),
    /// The session with this `sid`.
    Session(SessionId),
    /// Every token of a subject issued until now.
    Subject(Subject),
    /// Every token of one device of a subject issued until now.
    Device {
        /// Whose.
        subject: Subject,
        /// Which.
        device: DeviceId,
    },
    /// Every token of a client issued until now.
    Client(ClientId),
    /// Every token issued until now with this value in this claim.
    Claim {
        /// The claim.
        name: Box<str>,
        /// The value.
        value: Box<str>,
    },
    /// Every token signed with this key.
    Key(KeyId),
    /// Every token of this issuer issued until now; of our own when neither this nor the request names one.
    Issuer(Option<Issuer>),
}

/// What became of a [`RevocationRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevokeOutcome {
    /// It is in the log, durably, and enforced by this server; or it was counted, for a dry run.
    Revoked(Revoked),
    /// More live sessions match than were expected. Nothing was done.
    TooMany {
        /// How many.
        matched: u64,
    },
    /// The idempotency key was used for another request. Nothing was done.
    KeyUsedOtherwise,
}

/// A revocation that was made, or counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Its place in the log; none for a dry run.
    pub position: Option<Position>,
    /// How many live sessions match; counted for a dry run or with `expect_max` only.
    pub matched_sessions: Option<u64>,
}
