//! The authority: the real server over a disk that can fail, and what a driver keeps beside it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use quash_authority::UptimeClock;
use quash_authority::testing::{ManualClock, SeededEntropy};
use quash_core::time::Uptime;
use quash_http::{AuthorityFeed, AuthorityFeeds};
use tokio::sync::watch;

use super::serving::Serving;
use crate::oracle::Rules;
use crate::planted::Planted;
use crate::violation::Violation;
use crate::world::{Disk, Ground, START, Server, Tuning};

/// How long an access token lives, in one process of the authority and in the next: short, so that a run outlasts some.
const ACCESS: [Duration; 2] = [Duration::from_secs(20), Duration::from_secs(8)];

/// The uptime of the authority's machine, set by the scheduler.
#[derive(Debug)]
pub(crate) struct SimulatedUptime {
    now: watch::Sender<Uptime>,
    /// Until when somebody wants to sleep.
    wanted: Mutex<Vec<Uptime>>,
}

impl SimulatedUptime {
    /// The instants that somebody wants to be woken at, each given out once.
    pub(crate) fn take_wanted(&self) -> Vec<Uptime> {
        std::mem::take(&mut *self.wanted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl UptimeClock for SimulatedUptime {
    fn uptime(&self) -> Uptime {
        *self.now.borrow()
    }

    async fn sleep_until(&self, at: Uptime) {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).push(at);
        let mut changes = self.now.subscribe();
        // The sender is in `self`: it does not go away.
        let _reached = changes.wait_for(|now| *now >= at).await;
    }
}

/// The authority's node.
pub(crate) struct AuthorityNode {
    pub(crate) disk: Disk,
    pub(crate) ground: Ground,
    pub(crate) uptime: Arc<SimulatedUptime>,
    pub(crate) running: Option<Running>,
    starts: usize,
}

/// Its process.
pub(crate) struct Running {
    pub(crate) server: Arc<Server>,
    pub(crate) serving: Serving,
    feeds: AuthorityFeeds,
}

impl Running {
    /// The feed of one follower.
    pub(crate) fn feed(&self) -> Result<AuthorityFeed, Violation> {
        let feed = self.server.authority.open_feed(&self.server.admin).map_err(Violation::stuck)?;
        Ok(self.feeds.of(feed))
    }
}

impl AuthorityNode {
    pub(crate) fn new(seed: u64, planted: Option<Planted>) -> Self {
        let uptime =
            Arc::new(SimulatedUptime { now: watch::Sender::new(Uptime::ZERO), wanted: Mutex::default() });
        let ground = Ground {
            clock: Arc::new(ManualClock::at(START)),
            uptime: Arc::clone(&uptime) as Arc<dyn UptimeClock>,
            entropy: Arc::new(SeededEntropy::new(seed)),
            planted,
            changing: Arc::default(),
            tuning: Tuning { access: Some(ACCESS[0]), ..Tuning::default() },
            pace: None,
        };
        Self { disk: Disk::new(), ground, uptime, running: None, starts: 0 }
    }

    /// Sets the clocks that the authority reads.
    pub(crate) fn set_clocks(&self, wall: quash_core::time::Timestamp, uptime: Uptime) {
        self.ground.clock.set(wall);
        self.uptime.now.send_if_modified(|held| std::mem::replace(held, uptime) != uptime);
    }

    /// The settings that matter to the rules.
    pub(crate) fn rules() -> Result<Rules, Violation> {
        let settings = crate::world::settings(&Tuning::default())?;
        Ok(Rules {
            grace: settings.refresh_grace,
            future_skew: settings.future_skew,
            keep_ended: settings.keep_ended,
            undo_window: settings.undo_window,
            allowlist: settings.allowlist,
        })
    }

    /// Starts the process over whatever the disk holds.
    pub(crate) async fn start(&mut self) -> Result<(), Violation> {
        self.starts += 1;
        self.ground.tuning.access = ACCESS.get((self.starts / 2) % 2).copied();
        let server = Arc::new(Server::start(&self.ground, &self.disk).await?);
        let feeds = AuthorityFeeds::new(Arc::clone(&server.verifier));
        self.running = Some(Running { server, serving: Serving::default(), feeds });
        Ok(())
    }
}
