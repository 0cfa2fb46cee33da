//! The real server as a process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::http_client::Connection;
use crate::reference::process::{Running, free_port};

/// The key that every server here is administered with.
pub const ADMIN_KEY: &str = "the-key-of-the-administrator-of-the-benchmark";

/// Builds the server as it is shipped; where its binary is.
pub fn build() -> anyhow::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--package", "quash-server", "--target-dir"])
        .arg(&target)
        .current_dir(root)
        .status()
        .context("`cargo` can not be started")?;
    ensure!(status.success(), "the server can not be built");
    Ok(target.join("release/quash"))
}

/// A running server.
pub struct Server {
    process: Running,
    port: u16,
    ready_after: Duration,
}

impl Server {
    /// Starts `binary` over the data in `data` and waits until it is ready.
    pub fn start(binary: &Path, data: &Path, port: u16) -> anyhow::Result<Self> {
        let mut command = Command::new(binary);
        command.args(["serve", "--dev", "--listen", &format!("127.0.0.1:{port}"), "--data"]).arg(data);
        command.env("QUASH_ADMIN_KEY", ADMIN_KEY);
        let started = Instant::now();
        let mut process = Running::start(&mut command)?;
        process.wait_until(Duration::from_secs(60), || is_ready(port))?;
        Ok(Self { process, port, ready_after: started.elapsed() })
    }

    /// A port for a server.
    pub fn port() -> anyhow::Result<u16> {
        free_port()
    }

    /// How long it took from the start of the process to the first answer that it is ready.
    pub fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// Its process id, as the file system spells it.
    pub fn process_id(&self) -> String {
        self.process.id().to_string()
    }

    /// A connection to it.
    pub async fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open(self.port).await
    }

    /// Asks it to end and waits until it has.
    pub fn stop(self) -> anyhow::Result<()> {
        self.process.stop()
    }
}

/// One request on one connection, by hand: no runtime is in the figure.
fn is_ready(port: u16) -> bool {
    use std::io::{Read as _, Write as _};
    let ask = || -> std::io::Result<bool> {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}

/// Lets this thread, and what it starts from now on, run on the processor `number` alone. Does nothing where there is
/// only one.
pub fn stay_on(number: usize) -> anyhow::Result<()> {
    let allowed = sched_getaffinity(None)?;
    if allowed.count() < 2 {
        return Ok(());
    }
    let mut processors = (0..CpuSet::MAX_CPU).filter(|processor| allowed.is_set(*processor));
    let mut only = CpuSet::new();
    only.set(processors.nth(number).context("there are not so many processors")?);
    Ok(sched_setaffinity(None, &only)?)
}
