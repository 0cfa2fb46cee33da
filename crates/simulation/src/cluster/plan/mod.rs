//! A plan of a cluster's run: who follows whom, what is asked, and what goes wrong; a function of the seed alone.

mod action;
mod fault;
mod mix;
mod shape;

pub(crate) use action::{Action, Freezing};
pub(crate) use fault::{Fault, FileFate, Trouble};
pub(crate) use shape::{Place, Shape};

use std::time::Duration;

use super::tick::Tick;
use crate::rng::Rng;

/// Something that is done at a given time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) at: Tick,
    pub(crate) action: Action,
}

/// The plan of one run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) shape: Shape,
    pub(crate) steps: Vec<Step>,
}

/// How long the cluster is left alone before the first step.
const SETTLING: Duration = Duration::from_millis(1_500);

impl Plan {
    /// The plan of `seed`, with `length` steps.
    pub(crate) fn from_seed(seed: u64, length: usize) -> Self {
        let mut rng = Rng::new(seed ^ 0x0C10_57E2);
        let shape = Shape::draw(&mut rng);
        let mut at = Tick::START.plus(SETTLING);
        let steps = (0..length).map(|_| {
            at = at.plus(mix::pause(&mut rng));
            Step { at, action: mix::action(&mut rng, &shape) }
        });
        let steps = steps.collect();
        Self { shape, steps }
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
    fn every_plan_has_three_verifiers_and_a_relay_at_least() {
        for seed in 0..200 {
            let shape = Plan::from_seed(seed, 1).shape;
            let relays = shape.places.iter().filter(|place| place.relay).count();
            assert!(relays >= 1 && shape.places.len() - relays >= 3, "{shape:?}");
        }
    }
}
