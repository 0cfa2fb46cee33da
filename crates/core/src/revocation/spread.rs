//! Spreading what many have to do over a while.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::revocation::scope::TokenNames;
use crate::revocation::target_key::TargetKey;
use crate::time::Timestamp;

/// Over how long a wide [`Effect::Refresh`] comes to its tokens, in whole seconds: not all of them are renewed at once.
///
/// Each session has an instant of its own within the spread, the same at every verifier of the log. It follows from the
/// keyed digest of the session (of the token, or of the subject, where the token names none), so nobody who is hit can
/// choose it.
///
/// [`Effect::Refresh`]: crate::revocation::entry::Effect::Refresh
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Spread(NonZeroU32);

impl Spread {
    /// A spread of so many seconds; `None` for zero, which is no spread, and for more than 32 bits hold.
    pub fn from_seconds(seconds: u64) -> Option<Self> {
        u32::try_from(seconds).ok().and_then(NonZeroU32::new).map(Self)
    }

    /// How many seconds.
    pub const fn seconds(self) -> u64 {
        self.0.get() as u64
    }

    /// How long.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.seconds())
    }

    /// From when on an entry that was recorded in the second `recorded` hits the token that `names` belong to: at this
    /// instant it does. Some millisecond in `0..spread` after the start of that second.
    pub fn due(self, recorded: u64, names: &TokenNames) -> Timestamp {
        let key = names.session.or(names.token).or(names.subject);
        Timestamp::from_seconds(recorded).plus(key.map_or(Duration::ZERO, |key| self.delay(key)))
    }

    fn delay(self, key: TargetKey) -> Duration {
        let [first, second] = key.halves();
        // Buckets take some of the bits too; which does not matter, for a digest has no two bits that go together.
        Duration::from_millis((first ^ second) % (self.seconds() * 1000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_have_instants_all_over_the_spread_and_none_beyond_it() {
        // design section 9, `spread_s`
        let spread = Spread::from_seconds(60).unwrap();
        let mut minutes = [0_u32; 60];
        for number in 0..6_000_u64 {
            let digest = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let delay = spread.delay(TargetKey::from_halves([digest, digest.rotate_left(17)]));
            assert!(delay < spread.duration());
            minutes[usize::try_from(delay.as_secs()).unwrap()] += 1;
        }
        assert!(minutes.iter().all(|&sessions| (50..200).contains(&sessions)), "{minutes:?}");
    }

    #[test]
    fn no_seconds_are_no_spread() {
        assert_eq!(Spread::from_seconds(0), None);
        assert_eq!(Spread::from_seconds(u64::from(u32::MAX) + 1), None);
        assert_eq!(Spread::from_seconds(7).map(Spread::seconds), Some(7));
    }
}
