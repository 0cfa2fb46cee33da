//! The running system: a server over a disk that can fail, under a clock that is set by hand.

mod changing;
mod disk;
mod names;
mod server;

pub(crate) use changing::Changing;
pub(crate) use disk::Disk;
pub(crate) use names::{AUDIENCE, ISSUER, client, device, issuer, role, subject};
pub(crate) use server::{Answer, Ground, Server, Tuning, settings};

use std::sync::Arc;
use std::time::Duration;

use quash_authority::Clock;
use quash_authority::testing::{ManualClock, ManualUptime, Pace, SeededEntropy};
use quash_core::time::Timestamp;

use crate::plan::Fault;
use crate::planted::Planted;
use crate::violation::Violation;

/// When every run begins: 2023-11-14T22:13:20Z.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_700_000_000);

/// How far the clock can lie behind an earlier server's tokens.
const MOST_BEHIND_AT_START: Duration = Duration::from_secs(60);

/// One server, its disk, and what it takes for time and chance.
pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) disk: Disk,
    ground: Ground,
    server: Option<Arc<Server>>,
}

impl World {
    /// A fresh disk and a server on it.
    pub(crate) async fn begin(seed: u64, planted: Option<Planted>) -> Result<Self, Violation> {
        Self::begin_tuned(seed, planted, Tuning::default(), None).await
    }

    /// The same, with other settings, and calls to the store that go at `pace`.
    pub(crate) async fn begin_tuned(
        seed: u64,
        planted: Option<Planted>,
        tuning: Tuning,
        pace: Option<Arc<Pace>>,
    ) -> Result<Self, Violation> {
        let clock = Arc::new(ManualClock::at(START));
        let entropy = Arc::new(SeededEntropy::new(seed));
        let ground = Ground {
            clock: Arc::clone(&clock),
            uptime: Arc::new(ManualUptime::default()),
            entropy,
            planted,
            changing: Arc::default(),
            tuning,
            pace,
        };
        let mut world = Self { clock, disk: Disk::new(), ground, server: None };
        world.start().await?;
        Ok(world)
    }

    /// The server that runs.
    pub(crate) fn server(&self) -> Result<&Arc<Server>, Violation> {
        self.server.as_ref().ok_or_else(|| Violation::stuck("no server runs"))
    }

    /// Lets `fault` happen during the next step.
    pub(crate) fn arm(&mut self, fault: Option<Fault>) {
        if let Some(fault) = fault {
            self.disk.arm(fault);
        }
    }

    /// Stops the server in good order and starts it again.
    pub(crate) async fn restart(&mut self) -> Result<(), Violation> {
        self.server = None;
        self.start().await
    }

    /// Stops the server and starts it again, with an allowlist or without.
    pub(crate) async fn switch_allowlist(&mut self, on: bool) -> Result<(), Violation> {
        self.server = None;
        self.ground.tuning.allowlist = on;
        self.start().await
    }

    /// The server is gone; what the disk holds after `fault` is what the next one finds.
    /// Says whether it had struck while the step was under way.
    pub(crate) async fn recover(&mut self, fault: Fault) -> Result<bool, Violation> {
        let struck = self.disk.has_struck();
        if let Fault::PowerLoss { .. } = fault {
            // Before the store can close its file in good order.
            self.disk.cut_power();
        }
        self.server = None;
        self.disk.mend(fault);
        self.start().await?;
        Ok(struck)
    }

    async fn start(&mut self) -> Result<(), Violation> {
        self.server = Some(Arc::new(Server::start(&self.ground, &self.disk).await?));
        Ok(())
    }

    /// Moves the clock on.
    pub(crate) fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// Moves the clock back, but to no earlier than a minute before `floor`: when an earlier server issued a token. A
    /// server can not know how far ahead the clock of the one before it was, unless that one purged; a minute is
    /// covered by what is kept longer than needed.
    pub(crate) fn retreat(&self, span: Duration, floor: Timestamp) {
        let earliest = floor.minus(MOST_BEHIND_AT_START);
        self.clock.set(self.clock.now().minus(span).max(earliest));
    }
}
