//! What a failed run says: which rule was broken, where, and how to see it again.

use std::fmt;

/// A rule that must hold, with its short name and the sentence that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// `I1` to `I13`.
    pub name: &'static str,
    /// The sentence.
    pub sentence: &'static str,
}

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which rule; `None` when the run itself could not go on.
    pub invariant: Option<Invariant>,
    /// What was seen. Names sessions and tokens by their number in the run.
    pub seen: String,
    /// The run and the step.
    pub place: Option<Box<Place>>,
}

/// Where in which run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The seed of the run.
    pub seed: u64,
    /// The step, from 0.
    pub step: usize,
    /// What the step was.
    pub what: String,
    /// What was observed before, oldest first.
    pub history: Vec<String>,
    /// The test that runs it again.
    pub test: &'static str,
}

impl Violation {
    pub(crate) fn of(invariant: Invariant, seen: impl Into<String>) -> Self {
        Self { invariant: Some(invariant), seen: seen.into(), place: None }
    }

    /// The run could not go on: nothing is proven or disproven.
    pub(crate) fn stuck(seen: impl fmt::Display) -> Self {
        Self { invariant: None, seen: seen.to_string(), place: None }
    }

    pub(crate) fn at(self, place: Place) -> Self {
        Self { place: self.place.or_else(|| Some(Box::new(place))), ..self }
    }

    /// The name of the broken rule, or `stuck`.
    pub fn name(&self) -> &'static str {
        self.invariant.map_or("stuck", |invariant| invariant.name)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.invariant {
            Some(Invariant { name, sentence }) => writeln!(f, "{name} is broken: {sentence}")?,
            None => writeln!(f, "the run is stuck")?,
        }
        writeln!(f, "  seen: {}", self.seen)?;
        let Some(Place { seed, step, what, history, test }) = self.place.as_deref() else { return Ok(()) };
        history.iter().try_for_each(|line| writeln!(f, "    {line}"))?;
        writeln!(f, "  at step {step} of seed {seed}: {what}")?;
        write!(
            f,
            "  again: QUASH_SEED={seed} cargo test -p quash-simulation --test main {test} -- --nocapture"
        )
    }
}

impl std::error::Error for Violation {}
