//! The service in Rust that asks Redis about every token: see `processes::denylist`.

use std::time::Duration;

use anyhow::Context as _;

use super::process::{Running, free_port, listens};
use super::redis::Redis;
use crate::keys::Signer;
use crate::processes::alone;

/// A running service.
pub struct Denylist {
    process: Running,
    port: u16,
}

impl Denylist {
    /// Starts the service for tokens of `signer`.
    pub fn start(redis: &Redis, signer: &Signer) -> anyhow::Result<Self> {
        let port = free_port()?;
        let jwk = signer.verification_jwk()?.to_string();
        let mut command = alone("denylist")?;
        command.args([&port.to_string(), &redis.port().to_string(), &jwk]);
        let mut process = Running::start_talking(&mut command)?;
        process.wait_until(Duration::from_secs(30), || listens(port)).context("the denylist service")?;
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
