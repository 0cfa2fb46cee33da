//! Who holds which tokens, and of which of them it was acknowledged that they are over.

use std::time::Duration;

use quash_core::ids::SessionId;
use quash_core::time::Timestamp;

use crate::violation::Violation;

/// One sign-in.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    pub(super) subject: u8,
    pub(super) device: u8,
    pub(super) client: u8,
    pub(super) role: u8,
    pub(super) session: SessionId,
    pub(super) access: String,
    pub(super) refresh: String,
    /// The token before the newest one, and when it was used.
    pub(super) used_up: Option<(String, Timestamp)>,
    pub(super) used_at: Timestamp,
    pub(super) opened_at: Timestamp,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) living: Vec<Holder>,
    /// Of these it was acknowledged, the latest last.
    pub(super) dead: Vec<Holder>,
    /// Sessions that are to end at that time.
    pub(super) scheduled: Vec<(Timestamp, SessionId)>,
}

/// From this age on a session may be over by itself: nothing is asked of it any more.
const OLD: Duration = Duration::from_secs(11 * 3_600);

impl People {
    /// It was acknowledged that those are over.
    pub(super) fn die(&mut self, are_over: impl Fn(&Holder) -> bool) {
        let (dead, living) = std::mem::take(&mut self.living).into_iter().partition(are_over);
        self.living = living;
        self.dead.extend::<Vec<_>>(dead);
    }

    pub(super) fn forget_the_old(&mut self, now: Timestamp) {
        self.living.retain(|holder| now < holder.opened_at.plus(OLD));
    }

    /// What was due by `now` was made, all of it.
    pub(super) fn scheduled_endings_are_made(&mut self, now: Timestamp, fired: u64) -> Result<(), Violation> {
        let (due, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.scheduled).into_iter().partition(|(at, _)| *at <= now);
        self.scheduled = later;
        if u64::try_from(due.len()) != Ok(fired) {
            return Err(Violation::stuck(format!("{} endings were due, {fired} were made", due.len())));
        }
        self.die(|holder| due.iter().any(|(_, session)| *session == holder.session));
        Ok(())
    }
}
