//! The feed of an authority: its log, its leases, and whom it and the verifier beside it trust.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use quash_authority::{Feed, Lease, LeaseRequest};
use quash_core::position::{Checksum, Position};
use quash_core::revocation::record::Record;
use quash_core::time::Uptime;
use quash_verify::Verifier;
use quash_verify::feed::frame::Hello;
use quash_verify::feed::{Mismatch, Opening, Page, Read, TrustDocument, TrustTooLarge};
use tokio::sync::{Semaphore, watch};

use super::recent::Recent;
use super::source::{FeedSource, FeedTrust, FollowerLease, NotServed, PageAnswer, PingAnswer};
use super::trust_document::trust_document;

/// How many snapshots are read from the store at one time: the others wait for their next page.
const SNAPSHOTS: usize = 4;

/// What the feeds of all followers of one authority share. Cheap to clone.
#[derive(Clone)]
pub struct AuthorityFeeds(Arc<Shared>);

struct Shared {
    verifier: Arc<Verifier>,
    recent: Recent,
    snapshots: Semaphore,
    told: Mutex<Told>,
}

/// Whom followers are told to trust.
#[derive(Default)]
struct Told {
    /// The version that was looked at last.
    version: u64,
    /// The last one that could travel.
    latest: Option<FeedTrust>,
    /// Why that is not the one that was looked at last.
    withheld: Option<TrustTooLarge>,
}

impl Told {
    /// Takes in the document of `version`. Says so once when it can not travel, and once when it can again.
    fn take(&mut self, version: u64, document: &TrustDocument) {
        self.version = version;
        let withheld = match document.encode() {
            Ok(document) => {
                self.latest = Some(FeedTrust { version, document: document.into() });
                None
            }
            Err(error) => Some(error),
        };
        match (std::mem::replace(&mut self.withheld, withheld), withheld) {
            // The followers go on with what they were told last.
            (None, Some(error)) => {
                tracing::error!(%error, "followers are not told of changes to whom to trust, and new ones are sent away");
            }
            (Some(_), None) => tracing::info!("followers are told whom to trust again"),
            _ => {}
        }
    }
}

impl AuthorityFeeds {
    /// Feeds of the authority whose revocations `verifier` enforces.
    pub fn new(verifier: Arc<Verifier>) -> Self {
        let snapshots = Semaphore::new(SNAPSHOTS);
        Self(Arc::new(Shared { verifier, recent: Recent::default(), snapshots, told: Mutex::default() }))
    }

    /// The feed of one follower.
    pub fn of(&self, feed: Feed) -> AuthorityFeed {
        AuthorityFeed { feed, shared: Arc::clone(&self.0) }
    }
}

impl std::fmt::Debug for AuthorityFeeds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthorityFeeds").field("recent", &self.0.recent.end()).finish_non_exhaustive()
    }
}

/// The feed of an authority, to one follower.
pub struct AuthorityFeed {
    feed: Feed,
    shared: Arc<Shared>,
}

impl AuthorityFeed {
    /// What followers are told, as of the version that holds now.
    fn told(&self) -> MutexGuard<'_, Told> {
        let mut told = self.shared.told.lock().unwrap_or_else(PoisonError::into_inner);
        if *self.feed.trust_changes().borrow() != told.version {
            let trust = self.feed.trust();
            let document = trust_document(&self.shared.verifier, &trust, self.feed.horizon());
            told.take(trust.version, &document);
        }
        told
    }

    /// Reads from the store.
    async fn stored(&self, after: Position, limit: usize) -> Result<Page, NotServed> {
        let page = self.feed.read_after(after, limit).await.map_err(not_served)?;
        // INVARIANT: asked after the page was read. The ratchet rises before anything goes, so whatever the page lacks
        // was over by then.
        let forgotten = self.feed.forgotten().await.map_err(not_served)?;
        Ok(Page { records: page.records, through: page.through, checksum: page.checksum, forgotten })
    }

    /// What follows `after`, from memory where it is held there.
    async fn following(&self, after: Position, limit: usize) -> Result<Page, NotServed> {
        let recent = &self.shared.recent;
        if let Some(page) = recent.after(after) {
            return Ok(page);
        }
        let filling = recent.filling.lock().await;
        if let Some(page) = recent.after(after) {
            return Ok(page);
        }
        if recent.end().is_some_and(|end| after < end) {
            // Far behind: it must not keep the others from the end of the log.
            drop(filling);
            return self.stored(after, limit).await;
        }
        let page = self.stored(after, limit).await?;
        recent.extend(after, &page);
        Ok(page)
    }

    /// The durable head and the checksum there: one read of the store, of no record.
    async fn head(&self) -> Result<(Position, Checksum), NotServed> {
        let page = self.stored(self.feed.head(), 1).await?;
        Ok((page.through, page.checksum))
    }
}

#[async_trait]
impl FeedSource for AuthorityFeed {
    fn is_allowed(&self) -> bool {
        self.feed.is_allowed()
    }

    fn uptime(&self) -> Uptime {
        self.feed.uptime()
    }

    fn heads(&self) -> watch::Receiver<Position> {
        self.feed.head_changes()
    }

    fn age(&self) -> Duration {
        Duration::ZERO
    }

    fn generation(&self) -> u64 {
        0
    }

    /// Each has a row of its own here, which says so.
    fn takes_unfenced(&self) -> bool {
        true
    }

    fn trust_changes(&self) -> watch::Receiver<u64> {
        self.feed.trust_changes()
    }

    fn trust(&self) -> Option<FeedTrust> {
        self.told().latest.clone()
    }

    fn withheld(&self) -> Option<TrustTooLarge> {
        let told = self.told();
        told.withheld.filter(|_| told.latest.is_none())
    }

    async fn open(&self, hello: &Hello) -> Result<(Opening, Box<dyn FollowerLease>), NotServed> {
        let request = LeaseRequest {
            instance: hello.instance,
            name: hello.name.clone(),
            max_staleness: hello.max_staleness,
            unfenced: hello.unfenced,
            relay: hello.relay,
        };
        let lease = self.feed.open_lease(request).await.map_err(not_served)?;
        let identity = self.feed.identity().await.map_err(not_served)?;
        let (head, checksum) = self.head().await?;
        let resume = hello.resume.filter(|resume| resume.log == identity.log);
        let checksum_at_resume = match resume {
            Some(resume) => self.feed.checksum_at(resume.position).await.map_err(not_served)?,
            None => None,
        };
        let opening = Opening {
            log: identity.log,
            key: identity.key,
            // A restored log starts above entries that are still alive, so a state begins before all of them.
            origin: Position::ZERO,
            head,
            checksum,
            lease: lease.length(),
            checksum_at_resume,
            horizon: self.feed.horizon(),
        };
        Ok((opening, Box::new(lease)))
    }

    fn mismatch(&self, name: &str, mismatch: Mismatch) {
        tracing::error!(follower = name, %mismatch, "this log lost entries, or a follower has entries of another one");
    }

    fn held(&self, name: &str, records: &[Record]) {
        // INVARIANT: whoever holds the log's key can make such records, about anything. So they are the word of the
        // credential, and count where that may revoke.
        let enforced = self.feed.may_revoke();
        if enforced {
            // Nobody knows their ids any more, so they can not be entries again; here they are enforced all the same.
            self.shared.verifier.absorb(records);
        }
        tracing::error!(
            follower = name,
            records = records.len(),
            enforced,
            "a follower holds records that this log does not know: it lost entries, or the follower makes them up"
        );
    }

    async fn read(&self, read: Read) -> Result<PageAnswer, NotServed> {
        match read {
            Read::Tail { after, limit } => self.following(after, limit).await.map(PageAnswer::Page),
            Read::Snapshot { after, limit } => {
                let _turn = self.shared.snapshots.acquire().await.map_err(|_| NotServed)?;
                self.stored(after, limit).await.map(PageAnswer::Page)
            }
            Read::Head => self.head().await.map(|(head, checksum)| PageAnswer::Behind { head, checksum }),
        }
    }
}

impl FollowerLease for Lease {
    fn answer_ping(&self, received_at: Uptime) -> Option<PingAnswer> {
        let answer = Lease::answer_ping(self, received_at);
        Some(PingAnswer { head: answer.head, age: Duration::ZERO, trust: answer.trust })
    }

    fn acknowledge(&self, watermark: Position, trust: u64) {
        Lease::acknowledge(self, watermark, trust);
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what an error is mapped with")]
fn not_served(error: quash_authority::Error) -> NotServed {
    tracing::warn!(%error, "a follower can not be served now");
    NotServed
}

impl std::fmt::Debug for AuthorityFeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthorityFeed").field("feed", &self.feed).finish_non_exhaustive()
    }
}
