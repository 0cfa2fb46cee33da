//! Services that answer the same crowd, in turns.

use tokio::runtime::Runtime;

use crate::load::{Crowd, Requests};
use crate::measure::Turn;
use crate::processor_time;

/// How many ask at once.
pub const CONNECTIONS: usize = 64;

/// One service under load.
pub struct Service<'a> {
    /// The processes that it needs: all that they do counts.
    pub processes: Vec<u32>,
    /// Where it listens.
    pub port: u16,
    /// What it is asked.
    pub requests: Requests,
    /// What it answers.
    pub status: &'static str,
    /// How often each of [`CONNECTIONS`] asks in one turn.
    pub each: usize,
    /// What the crowd runs on.
    pub runtime: &'a Runtime,
}

impl<'a> Service<'a> {
    /// Its turns: answers per second of processor time that its processes used. A turn that fails has no figure.
    pub fn turns(self) -> anyhow::Result<Turn<'a>> {
        let mut crowd = self.runtime.block_on(Crowd::connect(self.port, CONNECTIONS))?;
        Ok(Box::new(move || {
            self.turn(&mut crowd).unwrap_or_else(|error| {
                eprintln!("a turn failed: {error:#}");
                f64::NAN
            })
        }))
    }

    fn turn(&self, crowd: &mut Crowd) -> anyhow::Result<f64> {
        let before = processor_time::of_all(&self.processes)?;
        self.runtime.block_on(crowd.ask(&self.requests, self.each, self.status))?;
        let spent = processor_time::of_all(&self.processes)?.saturating_sub(before);
        Ok((CONNECTIONS * self.each) as f64 / spent.as_secs_f64())
    }
}
