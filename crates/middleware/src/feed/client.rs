//! Starting to follow.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use quash_core::lease::Instance;
use quash_core::revocation::freshness::StalePolicy;
use quash_verify::feed::state_file::StateDamaged;
use quash_verify::feed::{Follower, FollowerConfig, RecordLog};
use quash_verify::{Builder, Gauge, IssuerConflict, Verifier};
use rustls::ClientConfig;
use tokio::sync::{broadcast, watch};

use super::activity::{self, Reporter};
use super::address::{Address, AddressError, PlainHttp};
use super::alarm::FeedAlarm;
use super::introspection::Introspection;
use super::key::ServiceKey;
use super::local_file::LocalFile;
use super::post::Post;
use super::random::{NoRandom, Random};
use super::running::{Running, Servers};
use super::state_directory::{StateDirectory, StateDirectoryError};
use super::status::FeedStatus;
use super::subtree::Subtree;
use super::{Feed, tls};

/// How many alarms a listener may be behind.
const ALARMS: usize = 256;

/// How often it is reported which sessions were used, unless said.
const REPORT_EVERY: Duration = Duration::from_secs(30);

/// Describes a follower: see [`Feed::builder`].
#[derive(Debug)]
pub struct FeedBuilder {
    addresses: Vec<String>,
    key: ServiceKey,
    name: Box<str>,
    plain_http: PlainHttp,
    max_staleness: Duration,
    policy: StalePolicy,
    laxest: StalePolicy,
    state_directory: Option<PathBuf>,
    tls: Option<Arc<ClientConfig>>,
    verifier: Builder,
    learn: bool,
    relay: Option<(Arc<RecordLog>, Subtree)>,
    report_every: Option<Duration>,
}

/// Why nothing is followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeedStartError {
    /// There is no server to follow.
    #[error("no address of an authority is given")]
    NoAddress,
    /// One of the addresses can not be used.
    #[error("`{0}`: {1}")]
    Address(Box<str>, #[source] AddressError),
    /// The name is not one.
    #[error("the name of a verifier is 1 to 256 bytes without control characters")]
    Name,
    /// The local file can not be kept.
    #[error("the state directory `{}`: {error}", path.display())]
    StateDirectory {
        /// Where it should be.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        error: StateDirectoryError,
    },
    /// The issuers can not stand beside each other.
    #[error(transparent)]
    Issuers(#[from] IssuerConflict),
    /// The TLS library refuses its own configuration.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The system gives no random bytes.
    #[error(transparent)]
    Random(#[from] NoRandom),
}

impl FeedBuilder {
    pub(super) fn new(address: &str, key: ServiceKey) -> Self {
        Self {
            addresses: vec![address.to_owned()],
            key,
            name: "verifier".into(),
            plain_http: PlainHttp::LoopbackOnly,
            max_staleness: Gauge::DEFAULT_MAX_STALENESS,
            policy: StalePolicy::Deny,
            laxest: StalePolicy::Deny,
            state_directory: None,
            tls: None,
            verifier: Verifier::builder(),
            learn: true,
            relay: None,
            report_every: Some(REPORT_EVERY),
        }
    }

    /// Another server with the same log, to be followed while the ones before can not be.
    #[must_use]
    pub fn or(mut self, address: &str) -> Self {
        self.addresses.push(address.to_owned());
        self
    }

    /// What people call this verifier, in lists and logs. The default is `verifier`.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Lets the key travel over plain HTTP to another machine, or not (the default).
    #[must_use]
    pub fn plain_http(self, plain_http: PlainHttp) -> Self {
        Self { plain_http, ..self }
    }

    /// The age at which the state is stale; at most 60 s, 10 s unless said. Also the lease that is asked for.
    #[must_use]
    pub fn max_staleness(self, max_staleness: Duration) -> Self {
        Self { max_staleness, ..self }
    }

    /// What is done on a stale state, where no route says otherwise. The default is not to answer.
    #[must_use]
    pub fn stale_policy(self, policy: StalePolicy) -> Self {
        Self { policy, ..self }
    }

    /// How far routes that say so may go on a stale state. With `Allow` this verifier can not be waited for: it is
    /// listed as unfenced.
    #[must_use]
    pub fn routes_may(self, laxest: StalePolicy) -> Self {
        Self { laxest, ..self }
    }

    /// Keeps the state in `directory`, for this process alone: after a restart everything that was known is enforced
    /// at once, and only what came since has to be sent.
    #[must_use]
    pub fn state_directory(self, directory: &Path) -> Self {
        Self { state_directory: Some(directory.to_owned()), ..self }
    }

    /// Whom to trust to be the authority, in place of the public certificate authorities.
    #[must_use]
    pub fn tls(self, config: Arc<ClientConfig>) -> Self {
        Self { tls: Some(config), ..self }
    }

    /// The verifier to feed: its cache, its limits, its issuers. The default is an empty one.
    #[must_use]
    pub fn verifier(self, verifier: Builder) -> Self {
        Self { verifier, ..self }
    }

    /// With `false`, the issuers are those of [`verifier`](Self::verifier) alone, and what the authority says of issuers
    /// and keys is left alone: their keys are the owner's business. The default is to learn them.
    #[must_use]
    pub fn learn_issuers(self, learn: bool) -> Self {
        Self { learn, ..self }
    }

    /// How often the authority is told which of its sessions were used here, so that their idle limits know (S05); `None`:
    /// never. Every 30 s unless said. At the authority it is at most one write for each session that was used.
    #[must_use]
    pub fn report_activity(self, every: Option<Duration>) -> Self {
        Self { report_every: every, ..self }
    }

    /// Fills `log`, to be served to others, and acknowledges no more than the lowest of those.
    #[must_use]
    pub fn relaying(self, log: Arc<RecordLog>, subtree: Subtree) -> Self {
        Self { relay: Some((log, subtree)), ..self }
    }

    /// Starts to follow, in a task of the runtime that this is called in. What the local file knows is enforced when
    /// this returns; whether anything can be answered says [`Feed::is_ready`].
    ///
    /// # Errors
    /// [`FeedStartError`]. A server that can not be reached is none.
    pub fn start(self) -> Result<Feed, FeedStartError> {
        let addresses = self.parsed_addresses()?;
        let is_name = (1..=256).contains(&self.name.len()) && !self.name.chars().any(char::is_control);
        if !is_name {
            return Err(FeedStartError::Name);
        }
        let random = Random::new();
        let tls = self.tls.map_or_else(tls::public, Ok)?;
        let gauge = Gauge::new(self.max_staleness).policy(self.policy).routes_may(self.laxest);
        let gauge = Arc::new(gauge);
        let verifier = self.verifier.reports_activity(self.report_every.is_some()).build_cold()?;
        let verifier = Arc::new(verifier);
        let config = FollowerConfig {
            instance: Instance::from_random(random.bytes()?),
            name: self.name,
            max_staleness: gauge.max_staleness(),
            relay: self.relay.is_some(),
            unfenced: gauge.is_unfenced(),
            learn: self.learn,
        };
        let mut follower = Follower::new(config, Arc::clone(&verifier), Arc::clone(&gauge));
        let (log, subtree) = self.relay.unzip();
        if let Some(log) = log {
            follower = follower.relaying(log);
        }
        let alarms = broadcast::Sender::new(ALARMS);
        let directory = match self.state_directory {
            Some(path) => match load(&path, &mut follower, &alarms) {
                Ok(directory) => Some(directory),
                Err(error) => return Err(FeedStartError::StateDirectory { path, error }),
            },
            None => None,
        };
        let (status, trust) = (watch::Sender::new(FeedStatus::default()), watch::Sender::new(None));
        let introspection = Introspection::new(&addresses, self.key.clone(), &tls);
        let post = Post::new(activity::ENDPOINT, &addresses, self.key.clone(), &tls);
        let reporter = Reporter::new(post, Arc::clone(&verifier));
        let running = Running {
            servers: Servers { addresses, key: self.key, tls },
            follower,
            gauge: Arc::clone(&gauge),
            file: LocalFile::start(directory, alarms.clone()),
            compacting: false,
            subtree,
            status: status.clone(),
            trust: trust.clone(),
            alarms: alarms.clone(),
            random,
            connected_to: None,
            connections: 0,
        };
        Ok(Feed::running(running, verifier, introspection, reporter, self.report_every))
    }

    fn parsed_addresses(&self) -> Result<Vec<Address>, FeedStartError> {
        if self.addresses.is_empty() {
            return Err(FeedStartError::NoAddress);
        }
        let parse = |url: &String| {
            Address::parse(url, self.plain_http)
                .map_err(|error| FeedStartError::Address(url.as_str().into(), error))
        };
        self.addresses.iter().map(parse).collect()
    }
}

/// Opens the directory and enforces what its file knows. A file that is damaged is put aside: the follower starts
/// cold then.
fn load(
    path: &Path,
    follower: &mut Follower,
    alarms: &broadcast::Sender<FeedAlarm>,
) -> Result<StateDirectory, StateDirectoryError> {
    let mut directory = StateDirectory::open(path)?;
    let Some(bytes) = directory.read()? else { return Ok(directory) };
    match follower.load(&bytes) {
        Ok(loaded) => {
            let kept = loaded.whole as u64;
            if loaded.torn {
                FeedAlarm::StateTorn { kept }.raise(alarms);
            }
            directory.resume(kept)?;
            tracing::info!(records = loaded.records, position = ?loaded.position, "the local file was read");
        }
        Err(damaged) => put_aside(&mut directory, damaged, alarms)?,
    }
    Ok(directory)
}

fn put_aside(
    directory: &mut StateDirectory,
    damaged: StateDamaged,
    alarms: &broadcast::Sender<FeedAlarm>,
) -> Result<(), StateDirectoryError> {
    let aside = directory.set_aside()?;
    FeedAlarm::StateSetAside { aside, why: damaged.to_string().into() }.raise(alarms);
    Ok(())
}
