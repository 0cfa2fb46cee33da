//! The real server as a process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde_json::{Value, json};

use crate::http_client::Connection;
use crate::reference::process::{Running, free_port};

/// The key that every server here is administered with.
pub const ADMIN_KEY: &str = "the-key-of-the-administrator-of-the-benchmark";

/// Builds the server as it is shipped, but for one route that answers nothing; where its binary is.
pub fn build() -> anyhow::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--package", "quash-server"])
        .args(["--features", "quash-http/empty-answer", "--target-dir"])
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
        Self::configured(binary, data, port, "")
    }

    /// The same with a configuration. Relative paths in it begin at `data`.
    pub fn configured(binary: &Path, data: &Path, port: u16, config: &str) -> anyhow::Result<Self> {
        std::fs::create_dir_all(data)?;
        let mut command = Command::new(binary);
        if !config.is_empty() {
            let file = data.join("quash.toml");
            std::fs::write(&file, config)?;
            command.env("QUASH_CONFIG", file);
        }
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

    /// Its process id.
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// Where it is asked.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where it listens.
    pub fn listens_on(&self) -> u16 {
        self.port
    }

    /// A key of a new service credential of the role verifier.
    pub async fn verifier_key(&self) -> anyhow::Result<String> {
        let request = json!({"name": "verifiers", "roles": ["verifier"]});
        let answer = self.connect().await?.post_json("/v1/credentials", ADMIN_KEY, &request).await?;
        Ok(answer.get("key").and_then(Value::as_str).context("a credential without a key")?.to_owned())
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
pub fn is_ready(port: u16) -> bool {
    status(port, "/readyz", "") == Some(200)
}

/// What a node on a loopback port answers to one request on one connection; `headers` end in a line break each.
pub fn status(port: u16, path: &str, headers: &str) -> Option<u16> {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
    // One that is stopped takes connections, and never answers.
    stream.set_read_timeout(Some(Duration::from_millis(500))).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.get(9..12)?.parse().ok()
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
