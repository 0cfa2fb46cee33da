//! Every order of the turns of two, each tried once.

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    First,
    Second,
}

/// Goes through the orders as through a tree: each is begun anew and follows the one before up to where the two part.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// Who has which turn, and whether the other one is still to be tried there.
    path: Vec<(Side, bool)>,
    at: usize,
}

impl Orders {
    /// Whose turn it is, where both can have it.
    pub(super) fn choose(&mut self) -> Side {
        if self.at == self.path.len() {
            self.path.push((Side::First, true));
        }
        let side = self.path.get(self.at).map_or(Side::First, |(side, _)| *side);
        self.at += 1;
        side
    }

    /// Goes on to the next order. Whether there is one.
    pub(super) fn advance(&mut self) -> bool {
        self.at = 0;
        while let Some((_, other_is_left)) = self.path.pop() {
            if other_is_left {
                self.path.push((Side::Second, false));
                return true;
            }
        }
        false
    }

    /// The order, one letter a turn: `a` for the first of the two. What follows when one of them is done is left out.
    pub(super) fn spelt(&self) -> String {
        let taken = self.path.iter().take(self.at);
        taken.map(|(side, _)| if *side == Side::First { 'a' } else { 'b' }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The orders of `first` turns of the one and `second` of the other.
    fn all(first: usize, second: usize) -> Vec<String> {
        let (mut orders, mut seen) = (Orders::default(), Vec::new());
        loop {
            let mut left = [first, second];
            while left[0] > 0 && left[1] > 0 {
                left[usize::from(orders.choose() == Side::Second)] -= 1;
            }
            seen.push(orders.spelt());
            if !orders.advance() {
                return seen;
            }
        }
    }

    #[test]
    fn every_order_is_there_and_none_twice() {
        assert_eq!(all(1, 1), ["a", "b"]);
        assert_eq!(all(2, 1), ["aa", "ab", "b"]);
        for (first, second, count) in [(3, 5, 56), (5, 5, 252), (5, 7, 792)] {
            let mut seen = all(first, second);
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), count, "{first} turns and {second}");
        }
    }
}
