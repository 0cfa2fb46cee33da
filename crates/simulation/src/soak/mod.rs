//! Weeks in seconds: whatever ends is forgotten in the end, nothing that was ended comes back, and neither the memory nor
//! the file keeps growing (I6, I8).
//!
//! ```text
//!   one cycle:   days of everything, with purges and restarts  ──▶  quiet until all is over  ──▶  empty?
//! ```

mod day;
mod endings;
mod measure;
mod people;

use std::time::Duration;

pub use self::measure::Figures;
use self::people::People;
use crate::planted::Planted;
use crate::rng::Rng;
use crate::violation::Violation;
use crate::world::{Tuning, World};

/// How long it goes on.
#[derive(Clone, Copy, Debug)]
pub struct Length {
    /// How often all of it is begun anew, on the same file.
    pub cycles: usize,
    /// How many days of everything there are each time.
    pub days: u32,
    /// How often everything is done in each twenty minutes of them.
    pub busy: u32,
}

/// From one step to the next.
const STEP: Duration = Duration::from_secs(20 * 60);
/// How long access tokens live: longer than a step, so that a purge finds entries that it has to leave.
const ACCESS: Duration = Duration::from_secs(3_600);
/// How long sessions live, renewed or not: many times longer, so that verifiers have long forgotten what still ends them.
const LIFE: Duration = Duration::from_secs(12 * 3_600);
/// From one restart to the next.
const STEPS_TO_A_RESTART: u32 = 50;
/// After so much time of quiet nothing that a day begins is alive: bans of two days are the longest of it.
const QUIET: Duration = Duration::from_secs(4 * 24 * 3_600);

/// The running system, and those who use it.
struct Soak {
    world: World,
    rng: Rng,
    people: People,
    /// How many calls were made.
    calls: u64,
}

/// Runs it: the figures of each cycle.
///
/// # Errors
/// The first rule that was seen broken.
pub async fn run(seed: u64, length: Length, planted: Option<Planted>) -> Result<Vec<Figures>, Violation> {
    let tuning = Tuning { access: Some(ACCESS), idle: Some(LIFE), ..Tuning::default() };
    let world = World::begin_tuned(seed, planted, tuning, None).await?;
    let mut soak = Soak { world, rng: Rng::new(seed), people: People::default(), calls: 0 };
    let mut figures = Vec::new();
    for cycle in 0..length.cycles {
        figures.push(soak.cycle(cycle, length).await?);
    }
    Ok(figures)
}

impl Soak {
    async fn cycle(&mut self, number: usize, length: Length) -> Result<Figures, Violation> {
        let mut figures = Figures { calls: self.calls, ..Figures::default() };
        let steps = length.days * 24 * 3;
        for step in 1..=steps {
            self.step(length.busy).await?;
            figures.at_its_height(&self.world)?;
            if step % STEPS_TO_A_RESTART == 0 {
                self.world.restart().await?;
                self.all_dead_stay_dead().await?;
            }
        }
        self.change_an_id(number).await?;
        self.be_quiet().await?;
        figures.when_all_is_over(&mut self.world, number + 1).await?;
        figures.calls = self.calls - figures.calls;
        Ok(figures)
    }

    /// Twenty minutes.
    async fn step(&mut self, busy: u32) -> Result<(), Violation> {
        for _ in 0..busy {
            self.use_everything().await?;
        }
        self.world.advance(STEP);
        let server = self.world.server()?;
        let fired = server.authority.fire_schedules().await.map_err(Violation::stuck)?;
        self.people.scheduled_endings_are_made(server.authority.now(), fired)?;
        server.authority.maintain().await.map_err(Violation::stuck)?;
        self.people.forget_the_old(server.authority.now());
        self.look_around().await
    }

    async fn be_quiet(&mut self) -> Result<(), Violation> {
        let mut left = QUIET;
        while let Some(rest) = left.checked_sub(Duration::from_secs(6 * 3_600)) {
            left = rest;
            self.world.advance(Duration::from_secs(6 * 3_600));
            let server = self.world.server()?;
            server.authority.fire_schedules().await.map_err(Violation::stuck)?;
            server.authority.maintain().await.map_err(Violation::stuck)?;
        }
        self.all_dead_stay_dead().await?;
        self.people = People::default();
        Ok(())
    }
}
