//! Which sessions were used, as verifiers report it (S05).

use quash_core::session::last_use::LastUse;
use quash_storage::ports::Noted;

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::Error;
use crate::permissions::{Verb, authorize};

/// How many uses are before the store at one time: whoever revokes meanwhile waits for no more than these, however many
/// report.
pub(crate) const USES_AT_ONCE: usize = 256;

impl Authority {
    /// Notes the last uses of sessions that a verifier elsewhere saw: see [`note_activity`](Self::note_activity).
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Store`].
    pub async fn report_activity(&self, caller: &Caller, uses: Vec<LastUse>) -> Result<Noted, Error> {
        authorize(caller, Verb::ReportActivity)?;
        self.note_activity(uses).await
    }

    /// Notes the last uses of sessions that the verifier of this process saw.
    ///
    /// `last_used_at` moves to the instant of the use, and so does the idle limit: never back, never beyond now, and not
    /// of a session that is over now, whatever it was at the use. What was noted once can be noted again.
    ///
    /// # Errors
    /// [`Error::Store`]: some of them may have been noted.
    pub async fn note_activity(&self, uses: Vec<LastUse>) -> Result<Noted, Error> {
        let mut all = Noted::default();
        for some in uses.chunks(USES_AT_ONCE) {
            // INVARIANT: the store takes all that waits in one batch, small reports together, never more than there is room for.
            let room = self.noting_uses.acquire_many(u32::try_from(some.len()).unwrap_or(0)).await;
            let Noted { noted, ignored } = self.store.note_uses(some.to_vec(), self.now()).await?;
            drop(room);
            self.counters.uses_noted.add(noted);
            self.counters.uses_ignored.add(ignored);
            all = Noted { noted: all.noted + noted, ignored: all.ignored + ignored };
        }
        Ok(all)
    }
}
