//! What a revocation hits: one of eight types.

use quash_authority::{PlainToken, TargetRequest};
use quash_core::ids::Issuer;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::request::bad_input::{BadInput, one_of};
use crate::request::fields::{Body, Fields};

/// What a revocation hits.
pub(in crate::v1::revocations) struct TargetBody {
    issuer: Option<Issuer>,
    target: TargetRequest,
}

const TYPES: [&str; 8] = ["token", "session", "subject", "device", "client", "claim", "key", "issuer"];

/// The fields with what they say, for the OpenAPI document.
const FIELDS: [(&str, &str); 8] = [
    ("type", "`token`, `session`, `subject`, `device`, `client`, `claim`, `key` or `issuer`"),
    ("issuer", "Whose tokens; our own unless said"),
    (
        "id",
        "What is hit: `jti`, `sid`, `sub`, the device's id, `client_id` or `kid`; the issuer too, where `issuer` is not said. Not for `claim`",
    ),
    ("subject", "Whose device. For `device` only"),
    ("name", "Which claim. For `claim` only"),
    ("value", "Which value of it, a text. For `claim` only"),
    ("token", "The token itself, in place of its `id`. For `token` only"),
    ("expires_at", "When the token is over, if the caller knows it. For `token` with an `id` only"),
];

impl PartialSchema for TargetBody {
    fn schema() -> RefOr<Schema> {
        let text = |description: &str| {
            ObjectBuilder::new().schema_type(Type::String).description(Some(description)).build()
        };
        let mut schema = ObjectBuilder::new().description(Some("What a revocation hits")).required("type");
        for (name, description) in FIELDS {
            schema = schema.property(name, text(description));
        }
        RefOr::T(Schema::Object(schema.build()))
    }
}

impl ToSchema for TargetBody {}

impl Body for TargetBody {
    const NAMES: &'static [&'static str] =
        &["type", "issuer", "id", "subject", "name", "value", "token", "expires_at"];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        let kind: Box<str> = fields.required("type")?;
        let issuer = fields.optional("issuer")?;
        let common = ["type", "issuer"];
        let only = |fields: &Fields, own: &[&str]| fields.only(&[&common, own].concat());
        let target = match &*kind {
            "token" => {
                only(fields, &["id", "expires_at", "token"])?;
                token(fields)?
            }
            "device" => {
                only(fields, &["id", "subject"])?;
                TargetRequest::Device { subject: fields.required("subject")?, device: fields.required("id")? }
            }
            "claim" => {
                only(fields, &["name", "value"])?;
                TargetRequest::Claim { name: fields.required("name")?, value: fields.required("value")? }
            }
            kind => {
                if !TYPES.contains(&kind) {
                    return Err(BadInput::invalid(&fields.path_of("type"), one_of(&TYPES)));
                }
                only(fields, &["id"])?;
                named(kind, fields)?
            }
        };
        Ok(Self { issuer, target })
    }
}

/// The types that have an id and nothing else.
fn named(kind: &str, fields: &mut Fields) -> Result<TargetRequest, BadInput> {
    Ok(match kind {
        "session" => TargetRequest::Session(fields.required("id")?),
        "subject" => TargetRequest::Subject(fields.required("id")?),
        "client" => TargetRequest::Client(fields.required("id")?),
        "key" => TargetRequest::Key(fields.required("id")?),
        _ => TargetRequest::Issuer(fields.optional("id")?),
    })
}

/// A token by its `jti`, or by its text.
fn token(fields: &mut Fields) -> Result<TargetRequest, BadInput> {
    if !fields.has("token") {
        return Ok(TargetRequest::Token {
            id: fields.required("id")?,
            expires_at: fields.optional("expires_at")?,
        });
    }
    if fields.has("id") || fields.has("expires_at") {
        let place = fields.path_of("token");
        return Err(BadInput::invalid(&place, "either `id`, with or without `expires_at`, or `token`"));
    }
    let text: Box<str> = fields.required("token")?;
    Ok(TargetRequest::TokenText(PlainToken::new(text)))
}

impl TargetBody {
    /// Whose tokens, and what of them.
    pub(in crate::v1::revocations) fn into_parts(self) -> (Option<Issuer>, TargetRequest) {
        (self.issuer, self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fields::assert_described;

    #[test]
    fn what_is_read_is_what_the_document_shows() {
        assert_described::<TargetBody>();
    }
}
