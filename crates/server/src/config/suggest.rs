//! The known word that is nearest to an unknown one.

/// The word among `known` that is spelt most like `unknown`, if any is near enough to be meant: at most one
/// wrong, missing, surplus or swapped character in three.
pub fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|word| (distance(unknown, word), word))
        .filter(|(distance, word)| *distance * 3 <= word.chars().count().max(3))
        .min()
        .map(|(_, word)| word)
}

/// How many characters have to be changed, added, left out or swapped with their neighbour.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut previous = None;
    for (row, one) in left.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let cost = usize::from(one != *other);
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX - 1);
            let mut best =
                (at(&last, column) + cost).min(at(&last, column + 1) + 1).min(at(&current, column) + 1);
            let swapped = column > 0 && previous == Some(*other) && right.get(column - 1) == Some(&one);
            if swapped {
                best = best.min(at(&before_last, column - 1) + 1);
            }
            current.push(best);
        }
        previous = Some(one);
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        let known = ["listen", "leeway", "trusted_proxies"];
        assert_eq!(nearest("lisetn", known), Some("listen"));
        assert_eq!(nearest("leway", known), Some("leeway"));
        assert_eq!(nearest("trusted_proxy", known), Some("trusted_proxies"));
    }

    #[test]
    fn another_word_is_not_taken_for_a_known_one() {
        assert_eq!(nearest("colour", ["listen", "leeway"]), None);
        assert_eq!(nearest("", ["listen"]), None);
    }

    #[test]
    fn distances_are_what_the_changes_are() {
        assert_eq!(distance("abc", "abc"), 0);
        assert_eq!(distance("abc", "acb"), 1);
        assert_eq!(distance("abc", "abxc"), 1);
        assert_eq!(distance("", "abc"), 3);
    }
}
