//! The undo: what can be taken back, for how long, and by what entry (S29; design section 2, "The rule").

use std::time::Duration;

use crate::revocation::entry::{Entry, NewEntry};
use crate::revocation::reason::Reason;
use crate::revocation::target::TargetKind;
use crate::time::Timestamp;

/// How much longer an undo is held than what it undoes: nobody who still holds the entry can have forgotten the undo.
const OUTLIVES_BY: Duration = Duration::from_secs(60);

/// Why an entry can not be undone, however soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotUndoable {
    /// It is an undo itself. What was undone is revoked anew by a new entry.
    #[error("it is an undo itself")]
    Undo,
    /// It is about a signing key, which is forgotten, not put aside.
    #[error("it is about a signing key")]
    Key,
    /// It rotates the signing key of a subject. A key that was given up does not come back (S20).
    #[error("it rotates the signing key of a subject")]
    UserKey,
    /// It registers a session. Whoever wants it to pass no longer ends it.
    #[error("it registers a session, and revokes nothing")]
    Registration,
    /// It was not somebody's decision: a stolen refresh token was found out, a backup was restored, another sign-in took
    /// the session's place, or the subject got another id.
    #[error(
        "it was not decided: it guards against theft, or against what a backup does not know, made room, or left an id"
    )]
    Guard,
}

/// Who undoes an entry, when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undoer {
    /// When it was decided, by the authority's clock.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
    /// Who: the id of a service credential.
    pub actor: Box<str>,
    /// What it was caused by: a request id.
    pub cause: Box<str>,
}

impl NewEntry {
    /// Whether an entry like this can be undone at all.
    ///
    /// # Errors
    /// [`NotUndoable`].
    pub fn check_undoable(&self) -> Result<(), NotUndoable> {
        const GUARDS: [&str; 5] = [
            Reason::REFRESH_REUSE,
            Reason::RESTORED,
            Reason::REPLACED,
            Reason::KEY_COMPROMISED,
            Reason::ALIAS_CHANGED,
        ];
        if self.undoes.is_some() {
            Err(NotUndoable::Undo)
        } else if self.target.kind() == TargetKind::Key {
            Err(NotUndoable::Key)
        } else if self.target.kind().rotates() {
            Err(NotUndoable::UserKey)
        } else if self.target.kind() == TargetKind::Registration {
            Err(NotUndoable::Registration)
        } else if GUARDS.contains(&self.reason.as_str()) {
            Err(NotUndoable::Guard)
        } else {
            Ok(())
        }
    }

    /// Whether the time to undo it is over at `now`: it is on and after the instant that lies `window` behind its
    /// recording.
    pub fn is_past_undo(&self, now: Timestamp, window: Duration) -> bool {
        now >= self.recorded_at.plus(window)
    }
}

impl Entry {
    /// The entry that undoes this one.
    pub fn undone_by(&self, undoer: Undoer) -> NewEntry {
        let fact = &self.fact;
        NewEntry {
            recorded_at: undoer.at,
            issuer: fact.issuer.clone(),
            target: fact.target.clone(),
            effect: fact.effect,
            spread: None,
            window: None,
            exception: None,
            undoes: Some(self.position),
            retain_until: fact.retain_until.plus(OUTLIVES_BY),
            enforce_until: fact.enforce_until.plus(OUTLIVES_BY),
            reason: undoer.reason,
            actor: undoer.actor,
            cause: undoer.cause,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Issuer, KeyId, SessionId, Subject};
    use crate::position::Position;
    use crate::revocation::entry::Effect;
    use crate::revocation::target::Target;

    fn fact(target: Target, reason: &'static str) -> NewEntry {
        NewEntry {
            recorded_at: Timestamp::from_seconds(100),
            issuer: Issuer::new("https://issuer.example").unwrap(),
            target,
            effect: Effect::End,
            spread: None,
            window: None,
            exception: None,
            undoes: None,
            retain_until: Timestamp::from_seconds(700),
            enforce_until: Timestamp::from_seconds(9_000),
            reason: Reason::known(reason),
            actor: "root".into(),
            cause: "request".into(),
        }
    }

    fn alice() -> Target {
        Target::Subject(Subject::new("alice").unwrap())
    }

    fn undo_of(fact: NewEntry) -> NewEntry {
        let entry = Entry { position: Position::new(7).unwrap(), fact };
        let undoer = Undoer {
            at: Timestamp::from_seconds(130),
            reason: Reason::known(Reason::ADMIN),
            actor: "root".into(),
            cause: "undo".into(),
        };
        entry.undone_by(undoer)
    }

    #[test]
    fn a_decision_can_be_undone_and_a_guard_can_not() {
        // S29
        assert_eq!(fact(alice(), Reason::ADMIN).check_undoable(), Ok(()));
        for guard in [Reason::REFRESH_REUSE, Reason::RESTORED, Reason::REPLACED, Reason::KEY_COMPROMISED] {
            assert_eq!(fact(alice(), guard).check_undoable(), Err(NotUndoable::Guard), "{guard}");
        }
        let key = Target::Key(KeyId::new("key").unwrap());
        assert_eq!(fact(key, Reason::ADMIN).check_undoable(), Err(NotUndoable::Key));
        for target in [Target::UserKey(Subject::new("alice").unwrap()), Target::UserKeys] {
            assert_eq!(fact(target, Reason::KEY_ROTATED).check_undoable(), Err(NotUndoable::UserKey));
        }
        let (session, subject) = (SessionId::new("ses_1").unwrap(), Subject::new("alice").unwrap());
        let registration = fact(Target::Registration { session, subject }, Reason::SIGNED_IN);
        assert_eq!(registration.check_undoable(), Err(NotUndoable::Registration));
        assert_eq!(undo_of(fact(alice(), Reason::ADMIN)).check_undoable(), Err(NotUndoable::Undo));
    }

    #[test]
    fn the_window_is_over_at_its_very_end() {
        // S29: closed on the side that changes nothing.
        let fact = fact(alice(), Reason::ADMIN);
        let window = Duration::from_secs(600);
        assert!(!fact.is_past_undo(Timestamp::from_milliseconds(699_999), window));
        assert!(fact.is_past_undo(Timestamp::from_milliseconds(700_000), window));
        assert!(fact.is_past_undo(fact.recorded_at, Duration::ZERO), "none at all");
    }

    #[test]
    fn an_undo_names_what_its_entry_named_and_outlives_it() {
        // I6
        let entry = fact(alice(), Reason::ADMIN);
        let undo = undo_of(entry.clone());
        assert_eq!(
            (&undo.issuer, &undo.target, undo.undoes),
            (&entry.issuer, &entry.target, Position::new(7).ok())
        );
        assert!(undo.retain_until > entry.retain_until && undo.enforce_until > entry.enforce_until);
        let for_ever = undo_of(NewEntry { retain_until: Timestamp::FOREVER, ..entry });
        assert_eq!(for_ever.retain_until, Timestamp::FOREVER);
    }
}
