//! A live entry packed into sixteen bytes, as the maps hold a million of them.

use crate::position::Position;
use crate::revocation::entry::Effect;
use crate::time::Timestamp;

/// One live entry about one target.
///
/// ```text
/// word 0   position (53 bits) | reason (8 bits) | more | detailed | refresh
/// word 1   recorded_at, seconds (32 bits) | retain_until, seconds rounded up (32 bits; all ones: for ever)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    head: u64,
    times: u64,
}

const REFRESH: u64 = 1;
const DETAILED: u64 = 1 << 1;
const MORE: u64 = 1 << 2;
const REASON_SHIFT: u32 = 3;
const POSITION_SHIFT: u32 = 11;
const FOR_EVER: u32 = u32::MAX;

impl Fact {
    pub(super) fn new(
        position: Position,
        effect: Effect,
        recorded_at: Timestamp,
        retain_until: Timestamp,
    ) -> Self {
        let refresh = if effect == Effect::Refresh { REFRESH } else { 0 };
        // A time that does not fit 32 bits (after the year 2106) is "for ever": kept longer, never shorter.
        let seconds = |seconds: u64| u32::try_from(seconds).unwrap_or(FOR_EVER);
        let recorded = seconds(recorded_at.seconds());
        let retain = seconds(retain_until.seconds_rounded_up());
        Self {
            head: position.number() << POSITION_SHIFT | refresh,
            times: u64::from(recorded) << 32 | u64::from(retain),
        }
    }

    /// The two words.
    pub(super) const fn words(self) -> [u64; 2] {
        [self.head, self.times]
    }

    /// A fact that was taken apart by [`words`](Self::words).
    pub(super) const fn from_words([head, times]: [u64; 2]) -> Self {
        Self { head, times }
    }

    pub(super) const fn with_reason(self, index: u8) -> Self {
        Self { head: self.head | (index as u64) << REASON_SHIFT, ..self }
    }

    /// Says that the entry has details: a spread, a window, an exception, or a reason beyond the table.
    pub(super) const fn with_details(self) -> Self {
        Self { head: self.head | DETAILED, ..self }
    }

    /// Says that the target has more entries than this one.
    pub(super) const fn with_more(self) -> Self {
        Self { head: self.head | MORE, ..self }
    }

    pub(super) const fn position(self) -> u64 {
        self.head >> POSITION_SHIFT
    }

    pub(super) const fn reason(self) -> u8 {
        (self.head >> REASON_SHIFT & 0xFF) as u8
    }

    pub(super) const fn effect(self) -> Effect {
        if self.head & REFRESH == 0 { Effect::End } else { Effect::Refresh }
    }

    pub(super) const fn is_detailed(self) -> bool {
        self.head & DETAILED != 0
    }

    pub(super) const fn has_more(self) -> bool {
        self.head & MORE != 0
    }

    /// The second it was recorded in.
    pub(super) const fn recorded_second(self) -> u64 {
        self.times >> 32
    }

    /// From when on it may be forgotten: its `retain_until`, in whole seconds rounded up.
    pub(super) const fn over_at(self) -> Timestamp {
        match self.retained_second() {
            FOR_EVER => Timestamp::FOREVER,
            second => Timestamp::from_seconds(second as u64),
        }
    }

    /// The second of its `retain_until`, rounded up.
    const fn retained_second(self) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are meant")]
        let second = self.times as u32;
        second
    }

    /// Whether it may be forgotten at `now`: at or after its `retain_until`.
    pub(super) const fn is_over(self, now: Timestamp) -> bool {
        let retain = self.retained_second();
        retain != FOR_EVER && now.seconds() >= retain as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_keeps_every_field() {
        let fact = Fact::new(
            Position::LAST,
            Effect::Refresh,
            Timestamp::from_milliseconds(1_700_000_000_999),
            Timestamp::from_milliseconds(1_700_000_600_001),
        )
        .with_reason(0xAB);
        assert_eq!(fact.position(), Position::LAST.number());
        assert_eq!(fact.effect(), Effect::Refresh);
        assert_eq!(fact.reason(), 0xAB);
        assert!(!fact.is_detailed() && !fact.has_more());
        assert!(fact.with_details().is_detailed() && fact.with_more().has_more());
        assert_eq!(fact.recorded_second(), 1_700_000_000);
    }

    #[test]
    fn an_entry_is_kept_until_the_second_after_its_retention_and_never_shorter() {
        // S10: gone afterwards, never earlier. 600.001 s is rounded up to 601 s.
        let fact =
            Fact::new(Position::ZERO, Effect::End, Timestamp::EPOCH, Timestamp::from_milliseconds(600_001));
        assert!(!fact.is_over(Timestamp::from_milliseconds(600_999)));
        assert!(fact.is_over(Timestamp::from_seconds(601)));
        let kept = Fact::new(Position::ZERO, Effect::End, Timestamp::EPOCH, Timestamp::FOREVER);
        assert!(!kept.is_over(Timestamp::FOREVER));
    }
}
