//! The allowlist (S12): which sessions are registered, so that verifiers let them pass and nobody else.

use quash_core::ids::Subject;
use quash_core::position::Position;
use quash_core::revocation::decide::TimeRules;
use quash_core::revocation::entry::{Effect, NewEntry};
use quash_core::revocation::target::Target;
use quash_core::session::session::Session;
use quash_core::time::Timestamp;
use quash_storage::ports::{Filter, Listed, Page, PageRequest, RegisterOpen, Registering, StoreError};
use tokio::sync::MutexGuard;

use crate::authority::Authority;
use crate::caller::Caller;

/// Who registers what was open before the list was kept.
const ACTOR: &str = "allowlist";
/// How many sessions are registered at once.
const PAGE: usize = 200;

/// Held while an entry is taken back. Until it is given back, sessions may live that are not registered.
pub(crate) struct Gaps<'a> {
    open: MutexGuard<'a, bool>,
    /// Whether there were some before: the store failed in the middle of it.
    left: bool,
}

impl Authority {
    /// How `session` is to be registered, where only registered sessions pass.
    ///
    /// INVARIANT: until no token of it is alive: none outlives its absolute end, which only ever shrinks.
    pub(crate) fn registering(&self, caller: &Caller, session: &Session) -> Option<Registering> {
        let retain_until = session.absolute_end.plus(TimeRules::LARGEST_LEEWAY);
        self.settings.allowlist.then(|| Registering { retain_until, actor: caller.id().as_str().into() })
    }

    /// Whether some session is held as registered, or will be: verifiers hold what ends it for as long.
    ///
    /// INVARIANT: also while no list is kept any more: what was registered is so until it is over, and the list may be
    /// kept again by then.
    pub(crate) fn knows_registrations(&self) -> bool {
        self.settings.allowlist || self.enforcement.registered_sessions() > 0
    }

    /// Until when a session that was registered at `now` or before can be held as registered.
    pub(crate) fn registered_until(&self, now: Timestamp) -> Timestamp {
        now.plus(self.horizons.session).plus(TimeRules::LARGEST_LEEWAY)
    }

    /// At a start, before any session is opened: registers every session that lives and is not registered, where a list is
    /// kept now and was not before; forgets that the list was whole, where none is kept any more.
    pub(crate) async fn start_allowlist(&self) -> Result<(), StoreError> {
        let whole = self.store.is_allowlist_whole().await?;
        if whole == self.settings.allowlist {
            return Ok(());
        }
        if self.settings.allowlist {
            self.register_missing(None).await?;
        }
        self.store.set_allowlist_whole(self.settings.allowlist).await
    }

    /// Before an entry is taken back that ended sessions, by which some may come to live that were not registered; where a
    /// list is kept. A start finds the list with gaps until they are closed.
    pub(crate) async fn open_gaps(&self) -> Result<Option<Gaps<'_>>, StoreError> {
        if !self.settings.allowlist {
            return Ok(None);
        }
        let mut open = self.allowlist_gaps.lock().await;
        self.store.set_allowlist_whole(false).await?;
        let left = std::mem::replace(&mut *open, true);
        Ok(Some(Gaps { open, left }))
    }

    /// Registers what the undo at `undone` let live and is not registered; nothing was taken back where `None`.
    pub(crate) async fn close_gaps(
        &self,
        gaps: Option<Gaps<'_>>,
        undone: Option<Position>,
    ) -> Result<(), StoreError> {
        let Some(Gaps { mut open, left }) = gaps else { return Ok(()) };
        if left {
            self.register_missing(None).await?;
        } else if let Some(position) = undone {
            self.register_revived(position).await?;
        }
        self.store.set_allowlist_whole(true).await?;
        *open = false;
        Ok(())
    }

    /// Closes the gaps that a failure of the store left.
    pub(crate) async fn maintain_allowlist(&self) -> Result<(), StoreError> {
        let open = self.allowlist_gaps.lock().await;
        let gaps = open.then_some(Gaps { open, left: true });
        self.close_gaps(gaps, None).await
    }

    async fn register_revived(&self, position: Position) -> Result<(), StoreError> {
        let undo = self.store.entries_before(position.next(), 1).await?;
        for undo in undo.iter().filter(|undo| self.let_sessions_live(&undo.fact)) {
            self.register_missing(self.subject_of(&undo.fact.target).await?).await?;
        }
        Ok(())
    }

    fn let_sessions_live(&self, undo: &NewEntry) -> bool {
        let token = matches!(undo.target, Target::Token(_) | Target::TokenDigest(_));
        self.is_own(&undo.issuer) && undo.effect == Effect::End && !token
    }

    /// Whose sessions an entry about `target` ends, if one subject's alone.
    async fn subject_of(&self, target: &Target) -> Result<Option<Subject>, StoreError> {
        Ok(match target {
            Target::Subject(subject) | Target::Device { subject, .. } => Some(subject.clone()),
            Target::Session(id) => self.store.session(id).await?.map(|listed| listed.session.subject),
            _ => None,
        })
    }

    /// Registers those sessions of `subject`, or of everybody, that live and are not registered. Returns once this server
    /// lets them pass.
    async fn register_missing(&self, subject: Option<Subject>) -> Result<(), StoreError> {
        let filter = Filter { subject, ..Filter::default() };
        let mut after = None;
        loop {
            let now = self.now();
            let page = PageRequest { after, limit: PAGE, now };
            let Page { items, next } = self.store.sessions(&filter, &page).await?;
            self.register_of(&items, now).await?;
            after = next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn register_of(&self, listed: &[Listed], now: Timestamp) -> Result<(), StoreError> {
        let live = listed.iter().map(|listed| &listed.session).filter(|session| session.over(now).is_none());
        let missing =
            live.filter(|session| !self.enforcement.is_registered(&session.id, &session.subject, now));
        let sessions: Vec<_> = missing.map(|session| session.id.clone()).collect();
        if sessions.is_empty() {
            return Ok(());
        }
        let beyond_end = TimeRules::LARGEST_LEEWAY;
        let register = RegisterOpen { sessions, now, beyond_end, actor: ACTOR.into() };
        match self.store.register_open(register).await? {
            Some(through) => self.enforce_up_to(through).await,
            None => Ok(()),
        }
    }
}
