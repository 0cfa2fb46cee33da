//! A row of the result: what was measured, against what, and whether it keeps its budget.

use serde::Serialize;

/// Which way is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// The ratio must be at most the budget.
    Lower,
    /// The ratio must be at least the budget.
    Higher,
}

/// One comparison. `ratio` is always `ours / reference`, and `budget` bounds it.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What was measured, with its unit.
    pub row: String,
    /// Our figure.
    pub ours: f64,
    /// The reference's figure; the budget itself where the budget is absolute.
    pub reference: f64,
    /// `ours / reference`.
    pub ratio: f64,
    /// The bound of the ratio.
    pub budget: f64,
    /// Which side of the bound is good.
    pub better: Better,
    /// Whether the ratio is on that side.
    pub met: bool,
}

/// Two figures of one round.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// Ours.
    pub ours: f64,
    /// The reference's.
    pub reference: f64,
}

impl Pair {
    fn ratio(self) -> f64 {
        self.ours / self.reference
    }
}

impl Row {
    /// The ratio must be at most `budget`.
    pub fn at_most(row: impl Into<String>, pair: Pair, budget: f64) -> Self {
        Self::new(row.into(), pair, budget, Better::Lower)
    }

    /// The ratio must be at least `budget`.
    pub fn at_least(row: impl Into<String>, pair: Pair, budget: f64) -> Self {
        Self::new(row.into(), pair, budget, Better::Higher)
    }

    /// Our figure itself must be at most `limit`: the limit is the reference.
    pub fn at_most_absolute(row: impl Into<String>, ours: f64, limit: f64) -> Self {
        Self::at_most(row, Pair { ours, reference: limit }, 1.0)
    }

    /// Our figure itself must be at least `limit`: the limit is the reference.
    pub fn at_least_absolute(row: impl Into<String>, ours: f64, limit: f64) -> Self {
        Self::at_least(row, Pair { ours, reference: limit }, 1.0)
    }

    fn new(row: String, pair: Pair, budget: f64, better: Better) -> Self {
        let ratio = pair.ratio();
        let met = match better {
            Better::Lower => ratio <= budget,
            Better::Higher => ratio >= budget,
        };
        Self { row, ours: pair.ours, reference: pair.reference, ratio, budget, better, met }
    }
}

/// The round whose ratio is the median: its two figures belong together, as medians of two lists would not.
/// With an even number of rounds, the worse of the two middle ones for a `Lower` row.
pub fn median_round(ours: &[f64], reference: &[f64]) -> Pair {
    let mut rounds: Vec<Pair> =
        ours.iter().zip(reference).map(|(&ours, &reference)| Pair { ours, reference }).collect();
    rounds.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    rounds.get(rounds.len() / 2).copied().unwrap_or(Pair { ours: f64::NAN, reference: f64::NAN })
}

/// The middle of `figures`.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_met_on_the_bound_itself() {
        let pair = Pair { ours: 3.0, reference: 2.0 };
        assert!(Row::at_most("x", pair, 1.5).met && Row::at_least("x", pair, 1.5).met);
        assert!(!Row::at_most("x", pair, 1.49).met && !Row::at_least("x", pair, 1.51).met);
        assert!(Row::at_most_absolute("x", 40.0, 40.0).met && !Row::at_most_absolute("x", 40.1, 40.0).met);
    }

    #[test]
    fn a_figure_that_could_not_be_measured_is_missed() {
        let nothing = median_round(&[], &[]);
        assert!(!Row::at_most("x", nothing, 1.0).met && !Row::at_least("x", nothing, 1.0).met);
    }

    #[test]
    fn the_median_round_keeps_its_two_figures_together() {
        let pair = median_round(&[1.0, 9.0, 4.0], &[1.0, 3.0, 2.0]);
        assert_eq!((pair.ours, pair.reference), (4.0, 2.0));
    }
}
