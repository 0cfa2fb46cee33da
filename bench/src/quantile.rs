//! What all but a few of many samples keep to.

/// The smallest of `samples` that at least `share` of them do not exceed. Sorts them.
pub fn quantile(samples: &mut [f64], share: f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    let kept = (0..samples.len()).find(|&place| (place + 1) as f64 >= share * samples.len() as f64);
    kept.and_then(|place| samples.get(place)).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_smallest_sample_that_so_many_keep_to() {
        let mut samples: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(quantile(&mut samples, 0.99).to_bits(), 99.0_f64.to_bits());
        assert_eq!(quantile(&mut samples, 1.0).to_bits(), 100.0_f64.to_bits());
        assert!(quantile(&mut [], 0.5).is_nan());
    }
}
