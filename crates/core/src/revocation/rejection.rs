//! Why a token is refused, and what its holder should do.

use crate::defect::Defect;
use crate::position::Position;
use crate::revocation::entry::Effect;
use crate::revocation::reason::Reason;
use crate::revocation::target::TargetKind;
use crate::time::Timestamp;

/// The entry that a token was refused for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its place in the log.
    pub position: Position,
    /// What it does.
    pub effect: Effect,
    /// What kind of target it names.
    pub kind: TargetKind,
    /// Why it was made.
    pub reason: Reason,
}

/// Why a token is refused.
///
/// Exhaustive on purpose: whoever handles rejections must handle a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It is not a token that anybody here trusts.
    Invalid(Defect),
    /// Its life is over: now is at or after `exp` plus leeway (RFC 7519 section 4.1.4).
    Expired {
        /// `exp`.
        at: Timestamp,
    },
    /// Now is before `nbf` minus leeway (RFC 7519 section 4.1.5).
    NotYetValid {
        /// `nbf`.
        from: Timestamp,
    },
    /// `iat` lies further ahead than the allowed skew: such a token would escape every cutoff.
    IssuedInFuture,
    /// It would live longer than its issuer's tokens may, so revocations could be forgotten before it dies.
    LifeTooLong,
    /// An entry of the revocation log hits it.
    Revoked(Hit),
    /// Its issuer keeps an allowlist, and its session is not on it: whoever signed the token, nobody signed in (S12).
    NotRegistered,
}

/// What the holder of a refused token should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Use the refresh token; the user notices nothing.
    RenewSilently,
    /// Send the user to the sign-in; a refresh would be refused too.
    SignInAgain,
    /// Come back later: nothing is over, the token is early.
    Wait,
}

impl Remedy {
    /// Its name in answers: a closed list.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RenewSilently => "renew",
            Self::SignInAgain => "sign_in",
            Self::Wait => "wait",
        }
    }
}

impl Rejection {
    /// What the holder should do.
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::Expired { .. } | Self::LifeTooLong => Remedy::RenewSilently,
            Self::Revoked(hit) => match hit.effect {
                Effect::Refresh => Remedy::RenewSilently,
                Effect::End => Remedy::SignInAgain,
            },
            Self::NotYetValid { .. } | Self::IssuedInFuture => Remedy::Wait,
            Self::Invalid(_) | Self::NotRegistered => Remedy::SignInAgain,
        }
    }

    /// The reason in one word for the holder of the token. Every [`Rejection::Invalid`] is the same word:
    /// who sends forged tokens is not told how they failed.
    pub fn reason(&self) -> &str {
        match self {
            Self::Invalid(_) => "invalid_token",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::IssuedInFuture => "issued_in_future",
            Self::LifeTooLong => "life_too_long",
            Self::Revoked(hit) => hit.reason.as_str(),
            Self::NotRegistered => "not_registered",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revoked(effect: Effect) -> Rejection {
        let reason = Reason::known(Reason::ADMIN);
        Rejection::Revoked(Hit { position: Position::ZERO, effect, kind: TargetKind::Subject, reason })
    }

    #[test]
    fn a_stale_token_renews_silently_and_an_ended_one_signs_in_again() {
        // S09
        assert_eq!(revoked(Effect::Refresh).remedy(), Remedy::RenewSilently);
        assert_eq!(revoked(Effect::End).remedy(), Remedy::SignInAgain);
        assert_eq!(Rejection::Expired { at: Timestamp::EPOCH }.remedy(), Remedy::RenewSilently);
    }

    #[test]
    fn a_forged_token_is_not_told_how_it_failed() {
        // the threat model
        assert_eq!(Rejection::Invalid(Defect::BadSignature).reason(), "invalid_token");
        assert_eq!(Rejection::Invalid(Defect::UnknownKey).reason(), "invalid_token");
    }
}
