//! An Express service that asks Redis about every token.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::process::{Running, free_port, listens};
use super::redis::Redis;
use crate::tokens::{AUDIENCE, ISSUER};

/// A running service.
pub struct Express {
    process: Running,
    port: u16,
}

impl Express {
    /// Starts the service for tokens of the HMAC key `secret`.
    pub fn start(redis: &Redis, secret: &[u8]) -> anyhow::Result<Self> {
        let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
        let modules = bench.join("../target/bench-dependencies/node_modules");
        ensure!(modules.exists(), "express is missing: run scripts/install-bench-dependencies");
        let secret = base64_simd::URL_SAFE_NO_PAD.encode_to_string(secret);
        let port = free_port()?;
        let mut command = Command::new("node");
        command.arg(bench.join("reference/express/server.js"));
        command.args([&port.to_string(), &redis.port().to_string(), &secret, ISSUER, AUDIENCE]);
        command.env("NODE_PATH", modules).env("NODE_ENV", "production");
        let mut process = Running::start_talking(&mut command)?;
        process.wait_until(Duration::from_secs(30), || listens(port)).context("the Express service")?;
        Ok(Self { process, port })
    }

    /// Its process id.
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }
}
