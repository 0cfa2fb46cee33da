//! Looking at sessions.

use quash_core::ids::SessionId;
use quash_core::verified::VerifiedClaims;
use quash_storage::ports::{Filter, Listed, Page, PageRequest, StateFilter};

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::{Error, RequestError};
use crate::permissions::{Verb, authorize};

/// Which page of sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionPage {
    /// Continue after this session; from the newest when `None`.
    pub after: Option<SessionId>,
    /// At most so many, 1 to 200.
    pub limit: usize,
}

impl Default for SessionPage {
    /// The newest 50.
    fn default() -> Self {
        Self { after: None, limit: 50 }
    }
}

/// The longest page.
const LONGEST_PAGE: usize = 200;

impl Authority {
    /// A page of sessions, newest first. A credential for one client sees the sessions with a grant of that client.
    ///
    /// # Errors
    /// [`Error::Forbidden`], also for another client than the caller's; [`Error::Request`] for a limit outside 1 to
    /// 200; [`Error::Store`].
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
        Ok(self.store.sessions(&filter, &self.page(page)?).await?)
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
        Ok(self.store.sessions(&filter, &self.page(page)?).await?)
    }

    fn page(&self, page: SessionPage) -> Result<PageRequest, RequestError> {
        check_limit(page.limit)?;
        Ok(PageRequest { after: page.after, limit: page.limit, now: self.now() })
    }
}

/// Whether `limit` is a page's.
pub(crate) fn check_limit(limit: usize) -> Result<(), RequestError> {
    if (1..=LONGEST_PAGE).contains(&limit) {
        return Ok(());
    }
    Err(RequestError::new("limit", format!("1 to {LONGEST_PAGE}")))
}
