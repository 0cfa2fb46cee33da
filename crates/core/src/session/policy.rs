//! How many sessions a subject may have at once, and what becomes of one more (S23, S24): pure, so that every store
//! reaches the same outcome.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::ids::{DeviceId, SessionId};
use crate::session::device::Device;
use crate::session::session::Session;
use crate::time::Timestamp;

/// How many live sessions a subject may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPolicy {
    /// So many, and no more.
    pub max: NonZeroU32,
    /// What is counted together.
    pub per: Per,
    /// What becomes of a sign-in beyond that.
    pub overflow: Overflow,
}

/// Which sessions of a subject are counted together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Per {
    /// All of them.
    #[default]
    Subject,
    /// Those on devices of one type; devices without a type are a type of their own.
    DeviceType,
}

/// What becomes of a sign-in when there are as many sessions as there may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// It takes the place of the session that was opened first.
    #[default]
    ReplaceOldest,
    /// It takes the place of the session that was not used for the longest.
    ReplaceIdleFirst,
    /// It is refused.
    Refuse,
    /// It shares the session that lives, where that one says the same of the user and gives no more than was asked for;
    /// else it takes its place. For a limit of one.
    Share,
}

/// The most sessions that one sign-in ends, so that others need not wait for long. Only a limit that was lowered can leave
/// more than one too many; what is beyond this goes with the sign-ins that follow.
pub const MOST_REPLACED: usize = 1_000;

/// Whether there is room for one more session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Room {
    /// There is, once these have ended.
    After(Vec<SessionId>),
    /// It is to share a session, once the others have ended.
    Sharing {
        /// This one.
        session: SessionId,
        /// What ends: more than one lives where a limit was lowered.
        after: Vec<SessionId>,
    },
    /// There is none: so many live already.
    None {
        /// How many count against the limit, the newcomer's own device left aside.
        live: usize,
    },
}

/// What ended a session by taking its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacedBy {
    /// The session that took it.
    pub session: SessionId,
    /// The device it was opened on.
    pub device: DeviceId,
    /// What a person calls that device.
    pub device_name: Option<Box<str>>,
}

impl ReplacedBy {
    /// That `session` took the place.
    pub fn of(session: &Session) -> Self {
        Self::on(&session.device, session.id.clone())
    }

    /// That a sign-in on `device` took the place, which shares `session`.
    pub fn on(device: &Device, session: SessionId) -> Self {
        Self { session, device: device.id.clone(), device_name: device.name.clone() }
    }
}

impl SessionPolicy {
    /// Whether `newcomer` may be opened beside `live`: the other sessions of its subject that live and count.
    ///
    /// INVARIANT: a device has one place. Its own earlier sessions end whatever the policy says about overflow, and
    /// are not counted: signing in again on one device never costs another device its session.
    pub fn room(&self, newcomer: &Session, live: &[Session]) -> Room {
        if self.overflow == Overflow::Share {
            return self.sharing(newcomer, live);
        }
        let (own, others): (Vec<_>, Vec<_>) =
            live.iter().partition(|session| session.device.id == newcomer.device.id);
        let mut rivals: Vec<_> =
            others.into_iter().filter(|session| self.per.counts_together(session, newcomer)).collect();
        let max = usize::try_from(self.max.get()).unwrap_or(usize::MAX);
        let surplus = (rivals.len() + 1).saturating_sub(max);
        if surplus > 0 {
            match self.overflow {
                Overflow::Refuse => return Room::None { live: rivals.len() },
                Overflow::ReplaceOldest | Overflow::Share => rivals.sort_by_key(|session| age(session)),
                Overflow::ReplaceIdleFirst => {
                    rivals.sort_by_key(|session| (session.last_used_at, age(session)));
                }
            }
        }
        Room::After(ids(own.into_iter().chain(rivals.into_iter().take(surplus))))
    }

    /// The newest session is shared, or all take their leave. A device that signs in again shares it too: ending it
    /// would end what others share.
    fn sharing(self, newcomer: &Session, live: &[Session]) -> Room {
        let mut together: Vec<_> =
            live.iter().filter(|session| self.per.counts_together(session, newcomer)).collect();
        together.sort_by_key(|session| age(session));
        match together.pop_if(|newest| gives_no_more(newest, newcomer)) {
            Some(newest) => Room::Sharing { session: newest.id.clone(), after: ids(together) },
            None => Room::After(ids(together)),
        }
    }
}

impl Per {
    fn counts_together(self, one: &Session, other: &Session) -> bool {
        match self {
            Self::Subject => true,
            Self::DeviceType => one.device.kind == other.device.kind,
        }
    }
}

fn ids<'a>(sessions: impl IntoIterator<Item = &'a Session>) -> Vec<SessionId> {
    sessions.into_iter().take(MOST_REPLACED).map(|session| session.id.clone()).collect()
}

/// Whether the tokens of `held` say no more than those of a session of its own would say of `newcomer`, and its limits
/// lie no later: a sign-in with a password alone must not get a session that was opened with a second factor, nor one on
/// somebody else's computer a session that remembers its user.
fn gives_no_more(held: &Session, newcomer: &Session) -> bool {
    held.claims == newcomer.claims
        && held.methods == newcomer.methods
        && held.idle_limit <= newcomer.idle_limit
        && held.absolute_end <= newcomer.absolute_end
}

/// Sorts the oldest first; the id, which is sortable by time, decides within one millisecond.
const fn age(session: &Session) -> (Timestamp, &SessionId) {
    (session.opened_at, &session.id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::ids::Subject;
    use crate::position::Position;
    use crate::session::session::SessionState;

    fn policy(max: u32, overflow: Overflow) -> SessionPolicy {
        SessionPolicy { max: NonZeroU32::new(max).unwrap(), per: Per::Subject, overflow }
    }

    /// The session `ses_NAME` on a device of its own, opened at `opened` and last used at `used`.
    fn session(name: &str, opened: u64, used: u64) -> Session {
        Session {
            id: SessionId::new(format!("ses_{name}")).unwrap(),
            subject: Subject::new("alice").unwrap(),
            state: SessionState::Active,
            authenticated_at: Timestamp::from_seconds(opened),
            opened_at: Timestamp::from_seconds(opened),
            opened_position: Position::ZERO,
            idle_limit: Duration::from_secs(100),
            absolute_end: Timestamp::from_seconds(opened + 1_000),
            last_used_at: Timestamp::from_seconds(used),
            claims: serde_json::Map::new(),
            claims_changed: BTreeMap::new(),
            methods: Vec::new(),
            device: Device { id: DeviceId::new(name).unwrap(), name: None, kind: None },
            ip: None,
            user_agent: None,
            place: None,
        }
    }

    fn typed(name: &str, kind: &str) -> Session {
        let mut session = session(name, 1, 1);
        session.device.kind = Some(kind.into());
        session
    }

    fn after(names: &[&str]) -> Room {
        Room::After(names.iter().map(|name| SessionId::new(format!("ses_{name}")).unwrap()).collect())
    }

    #[test]
    fn below_the_limit_nothing_ends_and_at_it_exactly_one_goes() {
        // S24: with a limit of 3, the third is let in and the fourth takes a place.
        let live = [session("a", 1, 1), session("b", 2, 2), session("c", 3, 3)];
        let policy = policy(3, Overflow::ReplaceOldest);
        assert_eq!(policy.room(&session("d", 4, 4), &live[..2]), after(&[]));
        assert_eq!(policy.room(&session("d", 4, 4), &live), after(&["a"]));
    }

    #[test]
    fn a_limit_of_one_leaves_the_newcomer_alone() {
        // S23
        let live = [session("a", 1, 9)];
        assert_eq!(policy(1, Overflow::ReplaceOldest).room(&session("b", 2, 2), &[]), after(&[]));
        assert_eq!(policy(1, Overflow::ReplaceOldest).room(&session("b", 2, 2), &live), after(&["a"]));
    }

    #[test]
    fn idle_first_ends_the_one_unused_for_longest_and_oldest_the_one_opened_first() {
        // S24: `a` is the oldest, and in use; `b` is the idle one.
        let live = [session("b", 2, 3), session("a", 1, 9)];
        let newcomer = session("c", 10, 10);
        assert_eq!(policy(2, Overflow::ReplaceOldest).room(&newcomer, &live), after(&["a"]));
        assert_eq!(policy(2, Overflow::ReplaceIdleFirst).room(&newcomer, &live), after(&["b"]));
    }

    #[test]
    fn between_equals_the_older_goes_then_the_smaller_id() {
        let newcomer = session("c", 10, 10);
        let same_use = [session("b", 1, 5), session("a", 2, 5)];
        assert_eq!(policy(2, Overflow::ReplaceIdleFirst).room(&newcomer, &same_use), after(&["b"]));
        let same_age = [session("b", 1, 5), session("a", 1, 5)];
        assert_eq!(policy(2, Overflow::ReplaceOldest).room(&newcomer, &same_age), after(&["a"]));
    }

    #[test]
    fn a_refusal_says_how_many_live_and_ends_nothing() {
        // S23, S24: at exactly the limit.
        let live = [session("a", 1, 1), session("b", 2, 2)];
        assert_eq!(policy(3, Overflow::Refuse).room(&session("c", 3, 3), &live), after(&[]));
        assert_eq!(policy(2, Overflow::Refuse).room(&session("c", 3, 3), &live), Room::None { live: 2 });
    }

    #[test]
    fn a_device_that_signs_in_again_takes_its_own_place_and_no_other() {
        // S23: whatever is done about overflow, so that two devices do not knock each other out.
        let live = [session("a", 1, 1), session("b", 2, 2)];
        for overflow in [Overflow::ReplaceOldest, Overflow::ReplaceIdleFirst, Overflow::Refuse] {
            let again = Session { id: SessionId::new("ses_again").unwrap(), ..session("b", 3, 3) };
            assert_eq!(policy(2, overflow).room(&again, &live), after(&["b"]), "{overflow:?}");
            assert_eq!(policy(9, overflow).room(&again, &live), after(&["b"]), "{overflow:?}");
        }
    }

    #[test]
    fn types_of_device_are_counted_apart_and_no_type_is_one_of_them() {
        // S24
        let live = [typed("a", "phone"), typed("b", "tv"), session("c", 1, 1)];
        let policy = SessionPolicy { per: Per::DeviceType, ..policy(1, Overflow::ReplaceOldest) };
        assert_eq!(policy.room(&typed("d", "tv"), &live), after(&["b"]));
        assert_eq!(policy.room(&typed("d", "desktop"), &live), after(&[]));
        assert_eq!(policy.room(&session("d", 4, 4), &live), after(&["c"]));
        // The same device under another type is still one device.
        assert_eq!(policy.room(&typed("a", "tv"), &live), after(&["a", "b"]));
    }

    #[test]
    fn a_limit_that_was_lowered_is_reached_at_the_next_sign_in() {
        // S24: four live, two may.
        let live: Vec<_> = (1..=4).map(|number| session(&number.to_string(), number, 10 - number)).collect();
        let newcomer = session("new", 9, 9);
        assert_eq!(policy(2, Overflow::ReplaceOldest).room(&newcomer, &live), after(&["1", "2", "3"]));
        assert_eq!(policy(2, Overflow::ReplaceIdleFirst).room(&newcomer, &live), after(&["4", "3", "2"]));
        assert_eq!(policy(2, Overflow::Refuse).room(&newcomer, &live), Room::None { live: 4 });
    }

    fn sharing(name: &str, after: &[&str]) -> Room {
        let id = |name: &&str| SessionId::new(format!("ses_{name}")).unwrap();
        Room::Sharing { session: id(&name), after: after.iter().map(id).collect() }
    }

    #[test]
    fn a_session_is_shared_while_one_lives() {
        // S23: the same device as well as another one; where there are several, the newest.
        let policy = policy(1, Overflow::Share);
        let live = [session("b", 2, 2), session("a", 1, 9)];
        assert_eq!(policy.room(&session("c", 3, 3), &[]), after(&[]));
        assert_eq!(policy.room(&session("c", 3, 3), &live[..1]), sharing("b", &[]));
        assert_eq!(policy.room(&session("b", 3, 3), &live[..1]), sharing("b", &[]));
        assert_eq!(policy.room(&session("c", 3, 3), &live), sharing("b", &["a"]));
    }

    #[test]
    fn a_session_that_says_or_gives_more_is_not_shared_but_replaced() {
        // S23: each of the four, and the limits at their very boundary.
        let policy = policy(1, Overflow::Share);
        let live = [session("a", 1, 1)];
        let newcomer = Session { absolute_end: live[0].absolute_end, ..session("b", 3, 3) };
        assert_eq!(policy.room(&newcomer, &live), sharing("a", &[]));
        let earlier = Timestamp::from_milliseconds(live[0].absolute_end.milliseconds() - 1);
        let idle_limit = Duration::from_millis(99_999);
        let mut promoted = newcomer.clone();
        promoted.claims.insert("role".to_owned(), "admin".into());
        let others = [
            Session { absolute_end: earlier, ..newcomer.clone() },
            Session { idle_limit, ..newcomer.clone() },
            Session { methods: vec!["pwd".into()], ..newcomer },
            promoted,
        ];
        for other in others {
            assert_eq!(policy.room(&other, &live), after(&["a"]), "{other:?}");
        }
    }

    #[test]
    fn one_sign_in_ends_a_bounded_number() {
        let many = u64::try_from(MOST_REPLACED).unwrap() + 2;
        let live: Vec<_> = (0..many).map(|number| session(&format!("{number:04}"), number, number)).collect();
        let room = policy(1, Overflow::ReplaceOldest).room(&session("new", many, many), &live);
        let Room::After(ends) = room else { panic!("{room:?}") };
        assert_eq!(ends.len(), MOST_REPLACED);
        assert_eq!(ends.last(), Some(&live[MOST_REPLACED - 1].id), "the oldest go first");
    }
}
