//! Redis on a port of its own, and just enough of its protocol: no client library's time is in the figures.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};

use super::process::{Running, free_port, listens};
use crate::callers::Caller;

/// Where messages are published.
pub const CHANNEL: &str = "revocations";

/// A Redis server.
pub struct Redis {
    port: u16,
    server: Running,
}

impl Redis {
    /// Starts a server that syncs every write to a log in `folder` before it answers.
    pub fn start_durable(folder: &Path) -> anyhow::Result<Self> {
        Self::start(folder, &["--appendonly", "yes", "--appendfsync", "always"])
    }

    /// Starts a server that keeps everything in memory.
    pub fn start_volatile(folder: &Path) -> anyhow::Result<Self> {
        Self::start(folder, &["--appendonly", "no"])
    }

    fn start(folder: &Path, options: &[&str]) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let port = free_port()?;
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", ""]);
        command.arg("--dir").arg(folder).args(options);
        let mut server = Running::start(&mut command)?;
        server.wait_until(Duration::from_secs(10), || listens(port)).context("redis-server")?;
        Ok(Self { port, server })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process id.
    pub fn process(&self) -> u32 {
        self.server.id()
    }

    /// A connection for one caller.
    pub fn connect(&self) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_nodelay(true)?;
        Ok(Connection { reader: BufReader::new(stream), line: Vec::new() })
    }

    /// A connection for one of many callers.
    pub async fn connect_async(&self) -> anyhow::Result<AsyncConnection> {
        let stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.set_nodelay(true)?;
        Ok(AsyncConnection { stream: tokio::io::BufReader::new(stream), line: Vec::new() })
    }
}

/// A command as Redis reads it.
pub fn command(parts: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", parts.len()).into_bytes();
    for part in parts {
        bytes.extend_from_slice(format!("${}\r\n{part}\r\n", part.len()).as_bytes());
    }
    bytes
}

/// A connection that blocks.
pub struct Connection {
    reader: BufReader<TcpStream>,
    line: Vec<u8>,
}

impl Connection {
    /// Whether `key` is there: the usual way to ask a denylist.
    pub fn exists(&mut self, key: &str) -> anyhow::Result<bool> {
        self.ask_for_number(&["EXISTS", key])?;
        Ok(self.line.starts_with(b":1"))
    }

    /// Sends `message` to whoever subscribed to [`CHANNEL`].
    pub fn publish(&mut self, message: &str) -> anyhow::Result<()> {
        self.ask_for_number(&["PUBLISH", CHANNEL, message])
    }

    fn ask_for_number(&mut self, parts: &[&str]) -> anyhow::Result<()> {
        self.reader.get_mut().write_all(&command(parts))?;
        self.line.clear();
        self.reader.read_until(b'\n', &mut self.line)?;
        ensure!(self.line.starts_with(b":"), "redis answered otherwise than with a number");
        Ok(())
    }
}

/// A connection that waits without blocking.
pub struct AsyncConnection {
    stream: tokio::io::BufReader<tokio::net::TcpStream>,
    line: Vec<u8>,
}

impl Caller for AsyncConnection {
    /// Puts the session on a denylist for ten minutes.
    async fn revoke(&mut self, session: String) -> anyhow::Result<()> {
        self.stream.get_mut().write_all(&command(&["SETEX", &session, "600", "1"])).await?;
        self.line.clear();
        self.stream.read_until(b'\n', &mut self.line).await?;
        ensure!(self.line.starts_with(b"+OK"), "redis refused a write");
        Ok(())
    }
}
