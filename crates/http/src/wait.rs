//! `wait` and `timeout_ms`: how far a revocation must have come before it is answered.

use std::time::Duration;

use quash_authority::Propagation;
use quash_core::position::Position;
use serde_json::Value;

use crate::request::bad_input::BadInput;
use crate::request::fields::{Field, Fields};
use crate::request::params::Params;
use crate::state::AppState;

/// The name of the parameter.
pub(crate) const NAME: &str = "wait";
/// The name of the parameter that bounds it.
pub(crate) const TIMEOUT: &str = "timeout_ms";

/// For how long anybody waits at most: twice the longest lease.
const LONGEST_MS: u64 = 120_000;
/// For how long somebody waits who does not say.
const USUAL_MS: u64 = 5_000;

/// How far a revocation must have come, and for how long that is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) until: Until,
    pub(crate) timeout: Timeout,
}

/// How far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Until {
    /// It is durable, and the server that answers enforces it.
    #[default]
    Durable,
    /// Every verifier enforces it, or has stopped accepting.
    Everywhere,
}

/// For how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timeout(Duration);

impl Default for Timeout {
    fn default() -> Self {
        Self(Duration::from_millis(USUAL_MS))
    }
}

impl Field for Until {
    const EXPECTED: &'static str = "`durable` or `everywhere`";

    fn from_value(value: Value) -> Option<Self> {
        match value.as_str()? {
            "durable" => Some(Self::Durable),
            "everywhere" => Some(Self::Everywhere),
            _ => None,
        }
    }
}

impl Field for Timeout {
    const EXPECTED: &'static str = "a whole number from 0 to 120000";

    fn from_value(value: Value) -> Option<Self> {
        Self::of_milliseconds(u64::from_value(value)?)
    }
}

impl Timeout {
    fn of_milliseconds(milliseconds: u64) -> Option<Self> {
        (milliseconds <= LONGEST_MS).then(|| Self(Duration::from_millis(milliseconds)))
    }

    fn of_digits(text: &str) -> Option<Self> {
        let digits = text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok().and_then(Self::of_milliseconds))?
    }
}

impl Wait {
    /// Reads both fields of a body.
    ///
    /// # Errors
    /// One of them is something else.
    pub(crate) fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        let timeout = fields.optional(TIMEOUT)?.unwrap_or_default();
        Ok(Self { until: fields.optional(NAME)?.unwrap_or_default(), timeout })
    }

    /// Reads both parameters of a form.
    ///
    /// # Errors
    /// One of them is something else.
    pub(crate) fn of_params(params: &Params) -> Result<Self, BadInput> {
        let timeout = params.filled(TIMEOUT).map(|text| {
            Timeout::of_digits(text).ok_or_else(|| BadInput::invalid(TIMEOUT, Timeout::EXPECTED))
        });
        let timeout = timeout.transpose()?.unwrap_or_default();
        Ok(Self { until: params.optional(NAME)?.unwrap_or_default(), timeout })
    }

    /// Waits for what was done at `position` as long as was asked for; where nothing had to be done, for whatever is in
    /// the log already, which did it. `None` where being durable is enough.
    ///
    /// The caller may go away meanwhile: nothing is kept of a wait that is dropped.
    pub(crate) async fn carried_out(
        self,
        state: &AppState,
        position: Option<Position>,
    ) -> Option<Propagation> {
        let Timeout(timeout) = self.timeout;
        let authority = state.authority();
        match self.until {
            Until::Durable => None,
            Until::Everywhere => {
                let position = position.unwrap_or_else(|| authority.durable_head());
                Some(authority.await_everywhere(position, timeout).await)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_more_than_two_minutes() {
        assert_eq!(Timeout::from_value(120_000.into()), Some(Timeout(Duration::from_secs(120))));
        assert_eq!(Timeout::of_digits("120000"), Some(Timeout(Duration::from_secs(120))));
        assert_eq!(Timeout::of_digits("0"), Some(Timeout(Duration::ZERO)));
        assert_eq!(Timeout::from_value(120_001.into()), None);
        for text in ["120001", "1e3", "-1", "+1", "", "1234567890123456"] {
            assert_eq!(Timeout::of_digits(text), None, "{text}");
        }
    }
}
