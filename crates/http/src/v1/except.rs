//! What a revocation of many spares.

use quash_core::ids::{SessionId, TokenId};
use quash_core::revocation::entry::Exception;
use utoipa::ToSchema;

use crate::request::bad_input::BadInput;
use crate::request::fields::{Body, Fields};

/// What a cutoff spares: one of the two.
#[derive(ToSchema)]
pub(super) struct ExceptBody {
    /// The tokens of this session.
    #[schema(value_type = Option<String>)]
    sid: Option<SessionId>,
    /// This token.
    #[schema(value_type = Option<String>)]
    jti: Option<TokenId>,
}

impl Body for ExceptBody {
    const NAMES: &'static [&'static str] = &["sid", "jti"];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        let except = Self { sid: fields.optional("sid")?, jti: fields.optional("jti")? };
        // An empty exception would spare nothing, which nobody who wrote one can have meant.
        if except.sid.is_some() == except.jti.is_some() {
            return Err(BadInput::invalid("except", "exactly one of `sid` and `jti`"));
        }
        Ok(except)
    }
}

impl ExceptBody {
    /// What it names.
    pub(super) fn exception(self) -> Option<Exception> {
        self.sid.map(Exception::Session).or_else(|| self.jti.map(Exception::Token))
    }
}
