//! `wait` and `timeout_ms`: how far a revocation must have come before it is answered.

use crate::error::Failure;
use crate::request::bad_input::BadInput;
use crate::request::fields::{Field, Fields};
use crate::request::params::Params;
use serde_json::Value;

/// How far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wait {
    /// It is durable, and the server that answers enforces it.
    #[default]
    Durable,
    /// Every verifier enforces it, or has stopped answering.
    Everywhere,
}

/// The name of the parameter.
pub(crate) const NAME: &str = "wait";
/// The name of the parameter that bounds it.
pub(crate) const TIMEOUT: &str = "timeout_ms";

impl Field for Wait {
    const EXPECTED: &'static str = "`durable` or `everywhere`";

    fn from_value(value: Value) -> Option<Self> {
        match value.as_str()? {
            "durable" => Some(Self::Durable),
            "everywhere" => Some(Self::Everywhere),
            _ => None,
        }
    }
}

impl Wait {
    /// Reads both fields of a body.
    ///
    /// # Errors
    /// One of them is something else.
    pub(crate) fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        let _milliseconds: Option<u64> = fields.optional(TIMEOUT)?;
        Ok(fields.optional(NAME)?.unwrap_or_default())
    }

    /// Reads both parameters of a form.
    ///
    /// # Errors
    /// One of them is something else.
    pub(crate) fn of_params(params: &Params) -> Result<Self, BadInput> {
        let digits = |text: &str| text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit());
        if params.filled(TIMEOUT).is_some_and(|text| !digits(text)) {
            return Err(BadInput::invalid(TIMEOUT, u64::EXPECTED));
        }
        Ok(params.optional(NAME)?.unwrap_or_default())
    }

    /// Refuses what this version can not wait for, before anything is done.
    ///
    /// # Errors
    /// [`Failure::NotAvailable`] for [`Wait::Everywhere`].
    pub(crate) const fn check(self) -> Result<(), Failure> {
        match self {
            Self::Durable => Ok(()),
            Self::Everywhere => Err(Failure::NotAvailable { field: NAME, available: "`durable`" }),
        }
    }
}
