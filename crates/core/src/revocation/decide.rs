//! The decision: may this token be used now?

use std::time::Duration;

use crate::defect::Defect;
use crate::position::Position;
use crate::revocation::freshness::{FreshnessSource, Staleness, Undecided};
use crate::revocation::registry::Registered;
use crate::revocation::rejection::Rejection;
use crate::revocation::rule::Aim;
use crate::revocation::scope::TokenNames;
use crate::revocation::search::{self, Found};
use crate::revocation::state::RevocationState;
use crate::time::Timestamp;
use crate::verified::VerifiedClaims;

/// The rules of time for one issuer's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRules {
    /// Added to `exp` and taken from `nbf`; at most 60 s. Never applied to revocation.
    pub leeway: Duration,
    /// How far ahead `iat` may lie (attack row 17).
    pub future_skew: Duration,
    /// The longest life of the issuer's tokens, ever. Entries are forgotten after it, so a token that would
    /// live longer is refused.
    pub longest_life: Duration,
}

impl TimeRules {
    /// The largest leeway that can be configured.
    pub const LARGEST_LEEWAY: Duration = Duration::from_secs(60);

    /// How long after it was recorded an entry can still hit a living token.
    pub fn retention(&self) -> Duration {
        self.longest_life + Self::LARGEST_LEEWAY + self.future_skew
    }
}

impl Default for TimeRules {
    /// No leeway, 5 s of skew, 10 minutes of life.
    fn default() -> Self {
        Self {
            leeway: Duration::ZERO,
            future_skew: Duration::from_secs(5),
            longest_life: Duration::from_secs(600),
        }
    }
}

/// The answer to "may this token be used now?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes.
    Accept,
    /// No, and why.
    Reject(Rejection),
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The token.
    pub token: &'a VerifiedClaims,
    /// What it names, from [`RevocationState::names_of`] of the same state.
    pub names: &'a TokenNames,
    /// Its issuer's rules of time.
    pub rules: &'a TimeRules,
    /// The time of day, for the token's life.
    pub now: Timestamp,
    /// The state's watermark at the last full pass of this very token, zero when there was none.
    pub passed_at: Position,
}

/// A decision, and what it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The answer.
    pub decision: Decision,
    /// The watermark that the token passed every map at, when it was looked up in full and passed. Hand it
    /// back as [`Question::passed_at`] the next time.
    pub passed_at: Option<Position>,
}

/// What life and revocation say about a token, before anybody is asked how fresh the state is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Nothing refuses it. Not an accept: that needs a state which is fresh enough.
    Clear {
        /// As [`Judgement::passed_at`].
        passed_at: Option<Position>,
    },
    /// It is refused, however old the state is.
    Refused(Rejection),
    /// Nothing refuses it, but its session has to be registered, or its key rotated, and whether that is so can not be
    /// known here yet: the token was issued after everything that is (S12, S20).
    Ahead,
}

/// Decides from memory whether a token may be used.
///
/// The order: life (`exp`, `nbf`, `iat`), then revocation, then freshness. Every boundary is closed on the
/// refusing side: at `exp` plus leeway exactly, the token is refused (RFC 7519 section 4.1.4). `source` is asked for
/// the freshness after the state was read: see [`FreshnessSource`].
///
/// Costs as [`examine`], and the source's two answers.
///
/// # Errors
/// [`Undecided`] when nothing refuses the token, but the state is too old to accept on, or the token too new. A
/// refusal stands however old the state is.
pub fn decide<S: FreshnessSource + ?Sized>(
    question: &Question<'_>,
    state: &RevocationState,
    source: &S,
) -> Result<Judgement, Undecided> {
    let known = source.known();
    match examine(question, state) {
        Finding::Refused(rejection) => {
            Ok(Judgement { decision: Decision::Reject(rejection), passed_at: None })
        }
        Finding::Clear { passed_at } => {
            source.freshness_after(known, Staleness::UNSAID).may_accept()?;
            Ok(Judgement { decision: Decision::Accept, passed_at })
        }
        Finding::Ahead => Err(Undecided::Ahead),
    }
}

/// Finds what refuses a token: the first part of [`decide`], for those who ask several states.
///
/// Costs five to nine loads when nothing that the token names has changed since it last passed, else one look-up
/// per name, 10 to 50 ns each. Where the issuer keeps an allowlist, its look-up comes every time.
pub fn examine(question: &Question<'_>, state: &RevocationState) -> Finding {
    if let Err(rejection) = check_life(question) {
        return Finding::Refused(rejection);
    }
    // INVARIANT: the watermark is loaded before the marks and the maps are read, so a pass covers at least it.
    let watermark = state.watermark();
    let passed_at = question.passed_at;
    let passed_before =
        passed_at > Position::ZERO && state.unchanged_since(question.names, passed_at.number());
    let names = question.names;
    let registered = state.registered(names.listing, question.now);
    let aim = Aim::new(question.token, names, question.rules).of_session_at(registered.position());
    let mut pass = None;
    if !passed_before {
        let Found { hit, is_awaited } = search::look_up(aim, state, question.now);
        if let Some(hit) = hit {
            return Finding::Refused(Rejection::Revoked(hit));
        }
        // S20: an older generation is hit, a newer one is not made yet, or not known here yet.
        if let Some(generation) =
            names.generation.filter(|held| held.number() > search::generation_in_force(names, state))
        {
            let unknown = Finding::Refused(Rejection::Invalid(Defect::UnknownKey));
            return if generation > watermark { Finding::Ahead } else { unknown };
        }
        // INVARIANT: who is hit later has not passed what will hit it, however quiet the marks are until then.
        pass = (!is_awaited).then_some(watermark);
    }
    // INVARIANT: what lies at or below a watermark that was loaded before is known here, so it is missing for good.
    let may_come = question.token.position().is_some_and(|position| position > watermark);
    match registered {
        Registered::Missing if may_come => Finding::Ahead,
        Registered::Missing | Registered::Never => Finding::Refused(Rejection::NotRegistered),
        Registered::Unasked | Registered::At(_) => Finding::Clear { passed_at: pass },
    }
}

fn check_life(question: &Question<'_>) -> Result<(), Rejection> {
    let Question { token, rules, now, .. } = question;
    let expires_at = Timestamp::from_seconds(token.expires_at());
    if *now >= expires_at.plus(rules.leeway) {
        return Err(Rejection::Expired { at: expires_at });
    }
    if let Some(from) = token.not_before().map(Timestamp::from_seconds)
        && now.plus(rules.leeway) < from
    {
        return Err(Rejection::NotYetValid { from });
    }
    let issued_at = token.issued_at().map(Timestamp::from_seconds);
    if issued_at.is_some_and(|issued_at| issued_at > now.plus(rules.future_skew)) {
        return Err(Rejection::IssuedInFuture);
    }
    let longest = issued_at.unwrap_or_else(|| now.plus(rules.future_skew)).plus(rules.longest_life);
    if expires_at > longest { Err(Rejection::LifeTooLong) } else { Ok(()) }
}
