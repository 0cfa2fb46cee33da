//! How long an entry matters: to verifiers, and to the store (design, "Two horizons").

use quash_core::revocation::decide::TimeRules;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;

use super::target::Named;
use crate::authority::Authority;

/// Until when an entry is held.
pub(super) struct Retention {
    /// By verifiers.
    pub(super) retain_until: Timestamp,
    /// By the store, against renewals.
    pub(super) enforce_until: Timestamp,
}

impl Authority {
    /// How long an entry about `named`, made at `now`, matters.
    ///
    /// - A key's is kept for ever: a compromised key signs tokens of any age.
    /// - A token's to its end and the largest leeway, where its end is known, but no longer than any token of its
    ///   issuer can live.
    /// - Everything else for the longest life of the issuer's tokens, ever.
    ///
    /// The store enforces an own cutoff with effect `end` for the longest life of a session, ever, since a session
    /// opened before it could be renewed that long. A session target needs no such time: its row was ended with it.
    /// Whatever can be undone is held for as long as it can be, but a token's entry no longer than the token. Where sessions
    /// are registered (S12), what ends them is held by verifiers, too, for as long as they can be.
    pub(super) fn retention(
        &self,
        named: &Named,
        rules: &TimeRules,
        effect: Effect,
        now: Timestamp,
    ) -> Retention {
        let kind = named.target.kind();
        let now = self.not_before_any_issue(now);
        let longest = now.plus(rules.retention());
        let retain_until = match (&named.target, named.expires_at) {
            (Target::Key(_), _) => Timestamp::FOREVER,
            (_, Some(expires_at)) => expires_at.plus(TimeRules::LARGEST_LEEWAY).min(longest),
            (_, None) => longest,
        };
        let own = self.is_own(&named.issuer);
        let ends_sessions = own && !kind.is_identity() && effect == Effect::End;
        let enforce_until =
            if ends_sessions { retain_until.max(now.plus(self.horizons.session)) } else { retain_until };
        let enforce_until = match named.expires_at {
            Some(_) => enforce_until,
            None => enforce_until.max(now.plus(self.settings.undo_window)),
        };
        let held_as_long = own && effect == Effect::End && ends_registered(&named.target);
        let held_as_long = held_as_long && self.knows_registrations();
        let retain_until =
            if held_as_long { retain_until.max(self.registered_until(now)) } else { retain_until };
        Retention { retain_until, enforce_until: enforce_until.max(retain_until) }
    }

    /// Until when verifiers hold an entry, made at `now`, that ends one of our own sessions.
    pub(crate) fn session_end_retained_until(&self, now: Timestamp) -> Timestamp {
        let now = self.not_before_any_issue(now);
        let longest = now.plus(self.own_time_rules().retention());
        if self.knows_registrations() { longest.max(self.registered_until(now)) } else { longest }
    }

    /// Until when the store enforces a cutoff, made at `now`, of our own sessions.
    pub(crate) fn sessions_cut_until(&self, now: Timestamp) -> Timestamp {
        let longest = self.horizons.session.max(self.settings.undo_window);
        self.session_end_retained_until(now).max(self.not_before_any_issue(now).plus(longest))
    }
}

/// S12: whether an `end` about `target` hits the tokens of a registered session whatever position they claim.
///
/// INVARIANT: verifiers then hold it for as long as any such session is registered, or a key in the wrong hands could
/// revive what was ended.
const fn ends_registered(target: &Target) -> bool {
    matches!(target, Target::Session(_) | Target::Subject(_) | Target::Issuer)
}
