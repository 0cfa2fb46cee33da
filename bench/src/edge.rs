//! `quash edge` as a process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::reference::process::{Running, free_port};
use crate::server::{is_ready, status};

/// How an edge is started.
#[derive(Clone)]
pub struct Plan {
    /// The server's binary.
    pub binary: PathBuf,
    /// Whom it follows.
    pub authority: String,
    /// The key that it follows with.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// Whether it serves the feed onward, as it does unless told otherwise.
    pub relay: bool,
}

/// A running edge.
pub struct Edge {
    process: Running,
    port: u16,
    started: Instant,
}

impl Edge {
    /// Starts one over `data`. It answers a moment later, at the earliest.
    pub fn start(plan: &Plan, data: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(data)?;
        let config = data.join("edge.toml");
        std::fs::write(&config, format!("[edge]\nname = \"{}\"\nrelay = {}\n", plan.name, plan.relay))?;
        let port = free_port()?;
        let mut command = Command::new(&plan.binary);
        command.args(["edge", "--authority", &plan.authority, "--listen", &format!("127.0.0.1:{port}")]);
        command.arg("--config").arg(config).arg("--data").arg(data.join("state"));
        command.env("QUASH_FEED_KEY", &plan.key);
        let started = Instant::now();
        Ok(Self { process: Running::start(&mut command)?, port, started })
    }

    /// Waits until `ready` holds; how long that is after the start of the process.
    pub fn wait_until(&mut self, mut ready: impl FnMut(u16) -> bool) -> anyhow::Result<Duration> {
        let port = self.port;
        self.process.wait_until(Duration::from_secs(120), || ready(port))?;
        Ok(self.started.elapsed())
    }

    /// Waits until it accepts tokens.
    pub fn wait_until_ready(&mut self) -> anyhow::Result<Duration> {
        self.wait_until(is_ready)
    }

    /// What it answers about a token.
    pub fn check(&self, token: &str) -> Option<u16> {
        check(self.port, token)
    }

    /// Its process id.
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// Lets it stand still.
    pub fn freeze(&self) -> anyhow::Result<()> {
        self.process.signal(Signal::STOP)
    }

    /// Lets it go on.
    pub fn thaw(&self) -> anyhow::Result<()> {
        self.process.signal(Signal::CONT)
    }

    /// Asks it to end and waits until it has.
    pub fn stop(self) -> anyhow::Result<()> {
        self.process.stop()
    }
}

/// What a node on a loopback port answers about a token.
pub fn check(port: u16, token: &str) -> Option<u16> {
    status(port, "/auth/check", &format!("Authorization: Bearer {token}\r\n"))
}
