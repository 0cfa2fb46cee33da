//! Looking at sessions.

use quash_core::ids::SessionId;
use quash_core::verified::VerifiedClaims;
use quash_storage::ports::{Filter, LONGEST_PAGE, Listed, PageRequest, StateFilter};

use crate::authority::Authority;
use crate::caller::Caller;
use crate::entropy::random;
use crate::error::{Error, RequestError};
use crate::page::Page;
use crate::permissions::{Verb, authorize};
use crate::session_cursor;

/// Which page of sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionPage {
    /// The `next_cursor` of the page before, of the same filter; from the beginning when `None`.
    pub cursor: Option<Box<str>>,
    /// At most so many, 1 to 200.
    pub limit: usize,
}

impl Default for SessionPage {
    /// The first 50.
    fn default() -> Self {
        Self { cursor: None, limit: 50 }
    }
}

impl Authority {
    /// A page of sessions, newest first; [`quash_storage::ports::SessionRegistry::sessions`] says more of the order. A
    /// credential for one client sees the sessions with a grant of that client.
    ///
    /// The time of a call is bounded whatever the filter: where hardly a session passes it, a page may be short, or
    /// empty, and have a next one.
    ///
    /// # Errors
    /// [`Error::Forbidden`], also for another client than the caller's; [`Error::Request`] for a limit outside 1 to
    /// 200, or a cursor of another list; [`Error::Store`], [`Error::Keys`].
    pub async fn list_sessions(
        &self,
        caller: &Caller,
        filter: Filter,
        page: SessionPage,
    ) -> Result<Page<Listed>, Error> {
        authorize(caller, Verb::ReadSessions)?;
        let filter = match (caller.client(), &filter.client) {
            (Some(only), Some(asked)) if only != asked => return Err(Error::Forbidden(Verb::ReadSessions)),
            (Some(only), _) => Filter { client: Some(only.clone()), ..filter },
            (None, _) => filter,
        };
        self.found(filter, page).await
    }

    /// One session, with what ended it. `None` when it is unknown, or out of the caller's reach.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Store`].
    pub async fn session(&self, caller: &Caller, id: &SessionId) -> Result<Option<Listed>, Error> {
        authorize(caller, Verb::ReadSessions)?;
        let reachable = |listed: &Listed| caller.client().is_none_or(|only| listed.clients.contains(only));
        Ok(self.store.session(id).await?.filter(reachable))
    }

    /// The live sessions of the token's subject, newest first.
    ///
    /// # Errors
    /// [`Error::Request`] for a token that is not our own or a limit outside 1 to 200, [`Error::Store`].
    pub async fn own_sessions(
        &self,
        token: &VerifiedClaims,
        page: SessionPage,
    ) -> Result<Page<Listed>, Error> {
        let subject = Some(self.own_subject(token)?);
        let filter = Filter { subject, state: StateFilter::Active, ..Filter::default() };
        self.found(filter, page).await
    }

    async fn found(&self, filter: Filter, page: SessionPage) -> Result<Page<Listed>, Error> {
        check_limit(page.limit)?;
        let after =
            page.cursor.map(|text| session_cursor::read(&self.masters, &filter, &text)).transpose()?;
        let request = PageRequest { after, limit: page.limit, now: self.now() };
        let found = self.store.sessions(&filter, &request).await?;
        let told = |at| session_cursor::write(&self.masters, random(&*self.entropy)?, &filter, &at);
        let next_cursor = found.next.map(told).transpose()?;
        Ok(Page { items: found.items, next_cursor })
    }
}

/// Whether `limit` is a page's.
pub(crate) fn check_limit(limit: usize) -> Result<(), RequestError> {
    if (1..=LONGEST_PAGE).contains(&limit) {
        return Ok(());
    }
    Err(RequestError::new("limit", format!("1 to {LONGEST_PAGE}")))
}
