//! From a request to an entry.

use quash_core::revocation::decide::TimeRules;
use quash_core::revocation::entry::{Effect, NewEntry, Window};
use quash_core::revocation::spread::Spread;
use quash_core::revocation::target::{Target, TargetKind};
use quash_core::time::Timestamp;

use super::RevocationRequest;
use super::retention::Retention;
use super::target::Named;
use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::RequestError;

impl Authority {
    /// The entry that `request` by `caller` is.
    pub(crate) fn entry(
        &self,
        caller: &Caller,
        request: &RevocationRequest,
        named: Named,
        now: Timestamp,
    ) -> Result<NewEntry, RequestError> {
        check_shape(request, named.target.kind())?;
        self.check_key(&named)?;
        if request.cause.len() > 256 {
            return Err(RequestError::new("cause", "at most 256 bytes"));
        }
        let rules = self.rules_of(&named.issuer).unwrap_or_default();
        let Retention { retain_until, enforce_until } = self.retention(&named, &rules, request.effect, now);
        let window = request.window.map(|(from, to)| Window::new(from, to, now)).transpose();
        let expected = "a start at or before its end, and an end that is not in the future";
        Ok(NewEntry {
            recorded_at: now,
            issuer: named.issuer,
            target: named.target,
            effect: request.effect,
            spread: spread(request, &rules)?,
            window: window.map_err(|_| RequestError::new("window", expected))?,
            exception: request.except.clone(),
            retain_until,
            enforce_until,
            undoes: None,
            reason: request.reason.clone(),
            actor: caller.id().as_str().into(),
            cause: request.cause.clone(),
        })
    }

    /// The entry of a schedule, made at `now`: its times are told now.
    pub(crate) fn due_entry(&self, entry: NewEntry, now: Timestamp) -> NewEntry {
        let rules = self.rules_of(&entry.issuer).unwrap_or_default();
        let named = Named { issuer: entry.issuer.clone(), target: entry.target.clone(), expires_at: None };
        let Retention { retain_until, enforce_until } = self.retention(&named, &rules, entry.effect, now);
        NewEntry { recorded_at: now, retain_until, enforce_until, ..entry }
    }

    /// A token signed by a killed key is refused whenever it was issued, so the key that signs is not killed, nor the
    /// one that signs next: every new token would be dead.
    fn check_key(&self, named: &Named) -> Result<(), RequestError> {
        match &named.target {
            Target::Key(id) if self.is_own(&named.issuer) && self.keys.load().is_to_sign(id) => {
                let expected = "a key that signs no more, nor will: rotate the keys until it is retired";
                Err(RequestError::new("target.id", expected))
            }
            _ => Ok(()),
        }
    }
}

/// The spread of a request, checked.
fn spread(request: &RevocationRequest, rules: &TimeRules) -> Result<Option<Spread>, RequestError> {
    let Some(seconds) = request.spread_seconds else { return Ok(None) };
    if request.effect != Effect::Refresh {
        return Err(RequestError::new("spread_s", "nothing, for an `end` comes to all at once"));
    }
    let longest = rules.longest_life.as_secs();
    let spread = Spread::from_seconds(seconds).filter(|_| seconds <= longest);
    let expected = format!("whole seconds from 1 to {longest}, the life of an access token");
    spread.map(Some).ok_or_else(|| RequestError::new("spread_s", expected))
}

/// Windows and exceptions narrow cutoffs; what names one thing has nothing to narrow.
fn check_shape(request: &RevocationRequest, kind: TargetKind) -> Result<(), RequestError> {
    let cutoff = "nothing, for the target names one thing";
    if kind.is_identity() && request.except.is_some() {
        return Err(RequestError::new("except", cutoff));
    }
    if kind.is_identity() && request.window.is_some() {
        return Err(RequestError::new("window", cutoff));
    }
    if kind.is_identity() && request.spread_seconds.is_some() {
        return Err(RequestError::new("spread_s", cutoff));
    }
    // A session stays named by every token that renews it: no renewal could ever satisfy such an entry.
    if kind == TargetKind::Session && request.effect == Effect::Refresh {
        return Err(RequestError::new(
            "effect",
            "`end`, for every new token of the session would be stale again",
        ));
    }
    Ok(())
}
