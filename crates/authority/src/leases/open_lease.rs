//! A verifier says hello.

use std::sync::Arc;
use std::time::Duration;

use quash_core::lease::{Instance, LONGEST, Terms};
use quash_storage::ports::StoredVerifier;

use crate::authority::Authority;
use crate::error::{Error, RequestError};
use crate::feed::Feed;
use crate::text;

/// How many verifiers one authority keeps leases of. More of them follow through relays.
const MOST: usize = 65_536;

/// What a verifier asks for when it says hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRequest {
    /// Which run of which process.
    pub instance: Instance,
    /// What people call it; 1 to 256 bytes.
    pub name: Box<str>,
    /// For how long after it asked it wants to go on accepting.
    pub max_staleness: Duration,
    /// Whether some of its routes go on accepting after that.
    pub unfenced: bool,
    /// Whether it hands the feed on to others.
    pub relay: bool,
}

/// A lease, for as long as one connection lasts. When it is dropped the connection counts as ended; the lease itself runs
/// on to its end.
pub struct Lease {
    pub(super) authority: Arc<Authority>,
    pub(super) instance: Instance,
    length: Duration,
}

impl Lease {
    /// How long it is: what was asked for, at most 60 s.
    pub const fn length(&self) -> Duration {
        self.length
    }

    /// Whose it is.
    pub const fn instance(&self) -> &Instance {
        &self.instance
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let leases = &self.authority.leases;
        let now = leases.uptime.uptime();
        leases.table().disconnected(&self.instance, now);
    }
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease").field("instance", &self.instance).finish_non_exhaustive()
    }
}

impl Feed {
    /// Grants a verifier its lease, which begins to run with the first answer to a ping. Returns after the verifier is
    /// recorded durably; one that comes back costs no write.
    ///
    /// # Errors
    /// [`Error::Request`] for a bad name or where there are too many verifiers, [`Error::Store`]: then there is no lease,
    /// and the verifier must get no answer.
    pub async fn open_lease(&self, request: LeaseRequest) -> Result<Lease, Error> {
        text::check("name", &request.name, 256)?;
        let authority = self.authority();
        let leases = &authority.leases;
        let LeaseRequest { instance, name, max_staleness, unfenced, relay } = request;
        let length = max_staleness.min(LONGEST);
        let _one_at_a_time = leases.recording.lock().await;
        let known = leases.table().row(&instance).map(|row| row.terms.clone());
        let unfenced = unfenced || known.as_ref().is_some_and(|known| known.unfenced);
        let terms = Terms { name, lease: length, unfenced, relay };
        if known.as_ref() != Some(&terms) {
            if known.is_none() && leases.table().len() >= MOST {
                let expected = "one of at most 65,536 verifiers on one server; others follow through a relay";
                return Err(RequestError::new("instance", expected).into());
            }
            authority.store.put_verifier(record(instance, &terms, authority)).await?;
        }
        leases.table().admit(instance, terms, leases.uptime.uptime());
        authority.counters.leases_opened.add_one();
        Ok(Lease { authority: Arc::clone(authority), instance, length })
    }
}

fn record(instance: Instance, terms: &Terms, authority: &Authority) -> StoredVerifier {
    let Terms { name, lease, unfenced, relay } = terms.clone();
    StoredVerifier { instance, name, lease, unfenced, relay, seen_at: authority.now() }
}
