//! Bans: a subject that may not sign in for a while (S27).

use crate::ids::ClientId;
use crate::revocation::reason::Reason;
use crate::time::Timestamp;

/// Where a ban holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Everywhere.
    Everywhere,
    /// At one client, and at no other.
    Client(ClientId),
}

impl Service {
    /// How [`Service::Everywhere`] is spelt; every other text is the id of a client.
    pub const EVERYWHERE: &str = "*";

    /// The service as it is spelt.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Everywhere => Self::EVERYWHERE,
            Self::Client(client) => client.as_str(),
        }
    }
}

impl From<ClientId> for Service {
    fn from(id: ClientId) -> Self {
        if id.as_str() == Self::EVERYWHERE { Self::Everywhere } else { Self::Client(id) }
    }
}

/// How severe a ban is: 0 to 9. Zero is a warning: it is kept and shown, and refuses nothing. What the others mean is
/// the caller's own; they all refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BanLevel(u8);

impl BanLevel {
    /// The level of a ban that nobody gave one.
    pub const USUAL: Self = Self(1);

    /// The level `number`. `None` above 9.
    pub const fn new(number: u8) -> Option<Self> {
        if number <= 9 { Some(Self(number)) } else { None }
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Whether it refuses anything.
    pub const fn refuses(self) -> bool {
        self.0 > 0
    }
}

/// A ban of one subject at one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// How severe.
    pub level: BanLevel,
    /// Why.
    pub reason: Reason,
    /// When it was put.
    pub at: Timestamp,
    /// When it is over; [`Timestamp::FOREVER`] for never.
    pub until: Timestamp,
    /// The credential that put it.
    pub by: Box<str>,
}

impl Ban {
    /// Whether it stands at `now`: before `until`, and no more at that very instant.
    pub fn holds(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// Whether sign-ins and renewals are refused at `now`.
    pub fn refuses(&self, now: Timestamp) -> bool {
        self.level.refuses() && self.holds(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ban(level: u8, until: Timestamp) -> Ban {
        Ban {
            level: BanLevel::new(level).unwrap(),
            reason: Reason::known(Reason::BANNED),
            at: Timestamp::from_seconds(100),
            until,
            by: "cred_1".into(),
        }
    }

    #[test]
    fn a_ban_is_over_at_the_very_instant_that_it_names() {
        // S27
        let timed = ban(1, Timestamp::from_seconds(200));
        assert!(timed.refuses(Timestamp::from_milliseconds(199_999)));
        assert!(!timed.holds(Timestamp::from_seconds(200)) && !timed.refuses(Timestamp::from_seconds(200)));
        assert!(ban(9, Timestamp::FOREVER).refuses(Timestamp::from_seconds(1_000_000_000_000)));
    }

    #[test]
    fn a_warning_stands_and_refuses_nothing() {
        // S27
        let warning = ban(0, Timestamp::from_seconds(200));
        let before = Timestamp::from_seconds(150);
        assert!(warning.holds(before) && !warning.refuses(before));
        assert_eq!(BanLevel::new(10), None);
    }

    #[test]
    fn a_star_is_everywhere_and_any_other_text_a_client() {
        let service = |text: &str| Service::from(ClientId::new(text).unwrap());
        assert_eq!(service("*"), Service::Everywhere);
        assert_eq!(service("web"), Service::Client(ClientId::new("web").unwrap()));
        assert_eq!([service("*").as_str(), service("web").as_str()], ["*", "web"]);
    }
}
