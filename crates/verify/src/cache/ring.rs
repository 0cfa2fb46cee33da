//! Which token has to go when another one comes.

use quash_core::time::Timestamp;

use super::tail::Tail;

/// How many places are looked at before somebody has to go who was used since the hand last passed.
const LOOK_AHEAD: usize = 8;

/// The places of the cached tokens, with a hand that goes round: a token that is over goes first, else one
/// that nobody asked for since the hand passed it last.
#[derive(Debug)]
pub(super) struct Ring {
    places: Vec<Option<Placed>>,
    free: Vec<u32>,
    hand: usize,
    capacity: usize,
    /// How many tokens the map that this ring belongs to was made roomy for.
    room: usize,
}

/// One token on the ring.
#[derive(Clone, Copy)]
pub(super) struct Placed {
    pub(super) tail: Tail,
    pub(super) until: Timestamp,
}

impl std::fmt::Debug for Placed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Placed(until {})", self.until)
    }
}

impl Ring {
    pub(super) fn new(capacity: usize) -> Self {
        // A place is named by 32 bits.
        let capacity = capacity.min(u32::MAX as usize);
        Self { places: Vec::new(), free: Vec::new(), hand: 0, capacity, room: 0 }
    }

    /// Gives `token` a place: its number, and who had to leave it. `was_used` says whether somebody asked for
    /// a token since the last question about it. `None` when the ring has no place at all.
    pub(super) fn place(
        &mut self,
        token: Placed,
        now: Timestamp,
        was_used: impl Fn(Tail) -> bool,
    ) -> Option<(u32, Option<Placed>)> {
        if let Some(place) = self.free.pop() {
            self.set(place, token);
            return Some((place, None));
        }
        if self.places.len() < self.capacity {
            let place = u32::try_from(self.places.len()).ok()?;
            self.places.push(Some(token));
            return Some((place, None));
        }
        let place = self.turn(now, was_used)?;
        let gone = self.places.get(place as usize).copied().flatten();
        self.set(place, token);
        Some((place, gone))
    }

    /// Puts `token` where `place` is already its tail's.
    pub(super) fn set(&mut self, place: u32, token: Placed) {
        if let Some(held) = self.places.get_mut(place as usize) {
            *held = Some(token);
        }
    }

    /// Moves the hand to the place of somebody who can go.
    fn turn(&mut self, now: Timestamp, was_used: impl Fn(Tail) -> bool) -> Option<u32> {
        let mut place = self.hand;
        for _ in 0..LOOK_AHEAD {
            place = self.hand;
            self.hand = (self.hand + 1) % self.places.len().max(1);
            match self.places.get(place)? {
                Some(placed) if placed.until > now && was_used(placed.tail) => {}
                _ => break,
            }
        }
        u32::try_from(place).ok()
    }

    /// Clears the places among `from..to` whose tokens are over at `now`, and tells who was there.
    pub(super) fn clear_over(&mut self, from: usize, to: usize, now: Timestamp) -> Vec<Placed> {
        let mut gone = Vec::new();
        for (place, held) in self.places.iter_mut().enumerate().take(to).skip(from) {
            if let Some(placed) = held.take_if(|placed| placed.until <= now) {
                gone.push(placed);
                self.free.extend(u32::try_from(place));
            }
        }
        gone
    }

    /// Whether the map should get more room: it has as many places here as it was made roomy for.
    pub(super) fn is_crowded(&self) -> bool {
        self.places.len() > self.room
    }

    /// Doubles the room, from `first` on. Returns how much was added.
    pub(super) fn double_room(&mut self, first: usize) -> usize {
        let added = self.room.max(first);
        self.room += added;
        added
    }

    /// How many places there are, taken or free.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(number: u32, until: u64) -> Placed {
        let tail = Tail::of(&format!("{number:016}")).unwrap();
        Placed { tail, until: Timestamp::from_seconds(until) }
    }

    const NOW: Timestamp = Timestamp::from_seconds(100);

    #[test]
    fn a_full_ring_lets_the_unused_go_in_turn() {
        let mut ring = Ring::new(3);
        for number in 0..3 {
            assert_eq!(ring.place(placed(number, 200), NOW, |_| false).unwrap().0, number);
        }
        let (place, gone) = ring.place(placed(3, 200), NOW, |_| false).unwrap();
        assert!(place == 0 && gone.unwrap().tail == placed(0, 0).tail);
        let used = placed(1, 0).tail;
        let (place, gone) = ring.place(placed(4, 200), NOW, |tail| tail == used).unwrap();
        assert!(place == 2 && gone.unwrap().tail == placed(2, 0).tail, "the used one gets another turn");
    }

    #[test]
    fn one_that_is_over_goes_before_one_that_was_used() {
        let mut ring = Ring::new(4);
        for number in 0..4 {
            ring.place(placed(number, if number == 2 { 100 } else { 200 }), NOW, |_| true);
        }
        let (place, _) = ring.place(placed(4, 200), NOW, |_| true).unwrap();
        assert_eq!(place, 2, "over at its very end: 100 <= 100");
    }

    #[test]
    fn somebody_goes_even_when_all_were_used() {
        let mut ring = Ring::new(2);
        for number in 0..2 {
            ring.place(placed(number, 200), NOW, |_| true);
        }
        assert!(ring.place(placed(2, 200), NOW, |_| true).unwrap().1.is_some());
        assert_eq!(ring.len(), 2);
    }

    #[test]
    fn a_cleared_place_is_given_out_again() {
        let mut ring = Ring::new(4);
        for number in 0..4 {
            ring.place(placed(number, u64::from(98 + number)), NOW, |_| true);
        }
        let gone = ring.clear_over(0, 4, NOW);
        assert_eq!(gone.len(), 3, "98, 99 and 100 are over at 100");
        assert_eq!(ring.free.len(), 3);
        let (_, gone) = ring.place(placed(9, 300), NOW, |_| true).unwrap();
        assert!(gone.is_none());
    }

    #[test]
    fn a_ring_without_places_takes_nobody() {
        assert!(Ring::new(0).place(placed(0, 200), NOW, |_| false).is_none());
    }
}
