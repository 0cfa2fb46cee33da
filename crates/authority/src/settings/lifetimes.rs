//! How long things live.

use std::time::Duration;

/// How long the tokens and sessions of a client live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// An access token, from `iat` to `exp`. Whole seconds.
    pub access: Duration,
    /// A session that nobody uses.
    pub idle: Duration,
    /// A session, whatever its use.
    pub absolute: Duration,
}

impl Default for Lifetimes {
    /// 600 seconds, 14 days, 90 days (S01).
    fn default() -> Self {
        let days = |days: u64| Duration::from_secs(days * 24 * 3600);
        Self { access: Duration::from_secs(600), idle: days(14), absolute: days(90) }
    }
}

/// The longest that one sign-in may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without use.
    pub idle: Duration,
    /// In all.
    pub absolute: Duration,
}

/// What one sign-in asks for ("remember me"); the client's own lifetimes where `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestedLifetimes {
    /// Without use.
    pub idle: Option<Duration>,
    /// In all.
    pub absolute: Option<Duration>,
}

impl Lifetimes {
    /// The limits of a session with these lifetimes.
    pub const fn limits(&self) -> SessionLimits {
        SessionLimits { idle: self.idle, absolute: self.absolute }
    }
}
