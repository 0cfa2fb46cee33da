//! A plan: the steps of one run, a function of the seed alone.

mod mix;
mod op;

pub(crate) use mix::{CLIENTS, DEVICES, ROLES, SUBJECTS};
pub use op::{Aim, Edge, Op, Pick, Spare, Which};

use crate::rng::Rng;

/// What goes wrong during a step, counted in operations of the disk from the beginning of the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The power goes after so many operations.
    PowerLoss {
        /// How many operations still happen.
        after: u32,
        /// What survives of the writes since the last sync: a disk promises nothing about them.
        kept: Kept,
    },
    /// The disk fails after so many operations; then the server is started again.
    DiskFails {
        /// How many operations still succeed.
        after: u32,
        /// In which way.
        how: Trouble,
    },
}

/// What survives of the writes since the last sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// All of them: the power went before the sync was answered.
    All,
    /// Some of them, whole or torn, decided by this number.
    Some(u64),
}

/// How a disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing can be written until the server is started again.
    Full,
    /// One write fails, the next ones succeed.
    OneWrite,
    /// One sync fails, and what it should have made durable is lost.
    OneSync,
}

impl Fault {
    /// The name that faults of this kind are counted under.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PowerLoss { .. } => "power loss",
            Self::DiskFails { how: Trouble::Full, .. } => "disk full",
            Self::DiskFails { how: Trouble::OneWrite, .. } => "failed write",
            Self::DiskFails { how: Trouble::OneSync, .. } => "failed sync",
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
