//! A plan: the steps of one run, a function of the seed alone.

mod mix;
mod op;

pub use op::{Aim, Edge, Op, Pick, Spare, Which};

use crate::rng::Rng;

/// What goes wrong during a step, counted in accesses to the disk from the beginning of the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The power goes after so many changes of the disk; what was not synced is lost.
    Crash {
        /// How many changes of the disk still happen.
        after: u32,
        /// Whether a part of the last write survives.
        torn: bool,
    },
    /// The disk fails from that change on, until the server is started again.
    DiskFails {
        /// How many changes of the disk still succeed.
        after: u32,
    },
}

impl Fault {
    /// The name that faults of this kind are counted under.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crash { torn: false, .. } => "crash",
            Self::Crash { torn: true, .. } => "crash with a torn write",
            Self::DiskFails { .. } => "disk fails",
        }
    }
}

/// One step of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What happens.
    pub op: Op,
    /// What goes wrong meanwhile.
    pub fault: Option<Fault>,
    /// Whether a request whose outcome the fault hid is sent again after it.
    pub retry: bool,
}

/// The steps of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What they were made of.
    pub seed: u64,
    /// In order.
    pub steps: Vec<Step>,
}

impl Plan {
    /// The plan of `seed`, with `length` steps.
    pub fn from_seed(seed: u64, length: usize) -> Self {
        let mut rng = Rng::new(seed);
        let steps = (0..length).map(|_| mix::step(&mut rng)).collect();
        Self { seed, steps }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_plan_every_time() {
        assert_eq!(Plan::from_seed(5, 300), Plan::from_seed(5, 300));
        assert_ne!(Plan::from_seed(5, 300), Plan::from_seed(6, 300));
    }

    #[test]
    fn a_longer_plan_begins_with_the_shorter_one() {
        let longer = Plan::from_seed(5, 300);
        assert!(longer.steps.starts_with(&Plan::from_seed(5, 100).steps));
    }
}
