//! Looking at the audit log (I12).

use quash_storage::ports::{AuditPage, AuditQuery};

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::Error;
use crate::list_sessions::check_limit;
use crate::permissions::{Verb, authorize};

impl Authority {
    /// A piece of the audit log, oldest first; at most 200 entries. Looks at 10,000 entries at most: a page can be empty
    /// though more follows it.
    ///
    /// # Errors
    /// [`Error::Forbidden`], also for a credential of one client, since the log tells about everybody;
    /// [`Error::Request`], [`Error::Store`].
    pub async fn list_audit(&self, caller: &Caller, query: AuditQuery) -> Result<AuditPage, Error> {
        authorize(caller, Verb::ReadAudit)?;
        check_limit(query.limit)?;
        Ok(self.store.audit(query).await?)
    }
}
