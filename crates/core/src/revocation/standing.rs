//! How a verified token stands: what is kept with it so that asking again is cheap.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::position::Position;
use crate::revocation::decide::{Finding, Question, TimeRules, examine};
use crate::revocation::scope::{Listing, TokenNames};
use crate::revocation::state::RevocationState;
use crate::revocation::target_key::TargetKey;
use crate::time::Timestamp;
use crate::verified::VerifiedClaims;

/// What one token names, between which instants its rules of time let it be used, and up to which position it
/// passed every entry.
///
/// Belongs to one token, one state and one set of time rules for its whole life: a token whose issuer gets
/// other rules needs a new one.
#[derive(Debug)]
#[repr(C)]
pub struct Standing {
    // What the shortcut reads stands first, and fits one cache line.
    from: Timestamp,
    until: Timestamp,
    passed_at: AtomicU64,
    /// The buckets of the names; a name that the token lacks repeats one that it has.
    buckets: [u16; 4],
    nameless: bool,
    /// Whether its issuer's allowlist has to be asked, every time.
    listed: bool,
    names: TokenNames,
}

impl Standing {
    /// How `token` stands under `rules` before its first full pass. `names` are those of the state that will
    /// be asked: [`RevocationState::names_of`].
    pub fn new(token: &VerifiedClaims, rules: &TimeRules, names: TokenNames) -> Self {
        let keys = [names.token, names.session, names.subject, names.device];
        let first = keys.iter().flatten().next().copied();
        let (from, until) = usable(token, rules);
        Self {
            from,
            until,
            passed_at: AtomicU64::new(0),
            buckets: keys.map(|key| key.or(first).map_or(0, TargetKey::bucket)),
            nameless: first.is_none(),
            listed: names.listing != Listing::Unasked,
            names,
        }
    }

    /// Whether the token may be used at `now` because nothing that it names changed since it last passed.
    /// `false` says nothing: then [`examine`](Self::examine) tells. A handful of loads.
    pub fn holds(&self, state: &RevocationState, now: Timestamp) -> bool {
        let passed_at = self.passed_at.load(Ordering::Acquire);
        let quiet = self.nameless || state.quiet_since(self.buckets, passed_at);
        passed_at > 0
            && self.is_alive(now)
            && quiet
            && self.names.issuer.wide() <= passed_at
            && (!self.listed || self.is_registered(state, now))
    }

    #[cold]
    fn is_registered(&self, state: &RevocationState, now: Timestamp) -> bool {
        state.registered(self.names.listing, now).lets_pass()
    }

    /// Whether the rules of time let the token be used at `now`.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }

    /// Finds what refuses `token`, which this was made for, and remembers a full pass.
    pub fn examine(
        &self,
        token: &VerifiedClaims,
        rules: &TimeRules,
        state: &RevocationState,
        now: Timestamp,
    ) -> Finding {
        let question = Question { token, names: &self.names, rules, now, passed_at: Position::ZERO };
        let finding = examine(&question, state);
        if let Finding::Clear { passed_at: Some(passed_at) } = &finding {
            // Two threads may store in either order: an older pass covers less and is as true.
            self.passed_at.store(passed_at.number(), Ordering::Release);
        }
        finding
    }

    /// The first instant that the token is too old at, leeway included: `exp` plus leeway.
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// What the token names.
    pub fn names(&self) -> &TokenNames {
        &self.names
    }
}

/// The instants `from..until` that the time rules let a token be used at: the same rules as in
/// [`decide`], solved for `now`.
fn usable(token: &VerifiedClaims, rules: &TimeRules) -> (Timestamp, Timestamp) {
    let expires_at = Timestamp::from_seconds(token.expires_at());
    let not_before = token.not_before().map(|nbf| Timestamp::from_seconds(nbf).minus(rules.leeway));
    let issued_at = token.issued_at().map(Timestamp::from_seconds);
    let until = expires_at.plus(rules.leeway);
    let born = match issued_at {
        Some(issued_at) if expires_at > issued_at.plus(rules.longest_life) => return (until, until),
        Some(issued_at) => issued_at.minus(rules.future_skew),
        None => expires_at.minus(rules.longest_life).minus(rules.future_skew),
    };
    (born.max(not_before.unwrap_or_default()), until)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::claims::{Claims, Registered};
    use crate::ids::Issuer;
    use crate::revocation::target_key::LogKey;

    fn token(expires_at: u64, not_before: Option<u64>, issued_at: Option<u64>) -> VerifiedClaims {
        let registered = Registered { expires_at, issued_at, not_before, ..Registered::default() };
        #[expect(
            clippy::disallowed_methods,
            reason = "these tests start where signatures are known to be good"
        )]
        VerifiedClaims::assert_signature_was_checked(
            Claims::new("{}", registered),
            Issuer::new("https://issuer.example").unwrap(),
            None,
            None,
        )
    }

    proptest! {
        #[test]
        fn the_span_of_use_is_what_the_rules_of_time_say(
            expires_at in 90_u64..140,
            not_before in proptest::option::of(80_u64..140),
            issued_at in proptest::option::of(80_u64..140),
            leeway in 0_u64..10,
            now in 60_000_u64..160_000,
        ) {
            // RFC 7519 sections 4.1.4 to 4.1.6; attack rows 16 and 17
            let token = token(expires_at, not_before, issued_at);
            let rules = TimeRules {
                leeway: Duration::from_secs(leeway),
                future_skew: Duration::from_millis(2_500),
                longest_life: Duration::from_secs(20),
            };
            let state = RevocationState::new(LogKey::from_random([3; 16]), Position::new(1).unwrap());
            let standing = Standing::new(&token, &rules, state.names_of(&token));
            let now = Timestamp::from_milliseconds(now);
            prop_assert!(!standing.holds(&state, now), "nothing holds before the first full pass");
            let finding = standing.examine(&token, &rules, &state, now);
            prop_assert_eq!(standing.holds(&state, now), matches!(finding, Finding::Clear { .. }));
        }
    }
}
