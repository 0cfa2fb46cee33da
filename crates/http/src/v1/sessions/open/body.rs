//! What a sign-in is described by.

use std::net::IpAddr;
use std::time::Duration;

use quash_authority::settings::RequestedLifetimes;
use quash_authority::{DeviceDescription, SignIn};
use quash_core::ids::{ClientId, DeviceId, Subject};
use quash_core::position::Position;
use quash_core::time::Timestamp;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::request::bad_input::BadInput;
use crate::request::fields::{Body, Fields};

/// A session to open.
#[derive(ToSchema)]
pub(super) struct OpenSession {
    /// Who signed in: `sub` of the tokens.
    #[schema(value_type = String)]
    subject: Subject,
    /// Through which client.
    #[schema(value_type = String)]
    client_id: ClientId,
    /// On which device.
    device: Option<DeviceBody>,
    /// From which address.
    #[schema(value_type = Option<String>)]
    ip: Option<IpAddr>,
    /// With which program.
    #[schema(value_type = Option<String>)]
    user_agent: Option<Box<str>>,
    /// At which place, in the caller's own words: `Vienna, AT`.
    #[schema(value_type = Option<String>)]
    place: Option<Box<str>>,
    /// What the tokens may do: names divided by single spaces, within the client's.
    #[schema(value_type = Option<String>)]
    scope: Option<Box<str>>,
    /// How the user signed in (RFC 8176).
    #[schema(value_type = Option<Vec<String>>)]
    amr: Option<Vec<Box<str>>>,
    /// Claims for every access token of the session.
    #[schema(value_type = Option<Object>)]
    claims: Option<Map<String, Value>>,
    /// The head that the caller read before it checked the password: what was revoked since hits the session.
    #[schema(value_type = Option<u64>)]
    as_of: Option<Position>,
    /// Other lifetimes than the client's, within its longest.
    lifetimes: Option<LifetimesBody>,
    /// When the user proved who they are; now unless said. Not in the future.
    #[schema(value_type = Option<String>, format = DateTime)]
    authenticated_at: Option<Timestamp>,
}

/// A device, as the caller describes it.
#[derive(ToSchema)]
struct DeviceBody {
    /// The caller's own id for it; minted unless said.
    #[schema(value_type = Option<String>)]
    id: Option<DeviceId>,
    /// What a person calls it.
    #[schema(value_type = Option<String>)]
    name: Option<Box<str>>,
    /// `phone`, `browser`, `tv` …: the caller's own word.
    #[schema(value_type = Option<String>)]
    r#type: Option<Box<str>>,
}

/// How long the session lives, in seconds ("remember me"). What is left out is as the client has it.
#[derive(ToSchema)]
struct LifetimesBody {
    /// Without use.
    idle_seconds: Option<u64>,
    /// Whatever its use.
    absolute_seconds: Option<u64>,
}

impl Body for OpenSession {
    const NAMES: &'static [&'static str] = &[
        "subject",
        "client_id",
        "device",
        "ip",
        "user_agent",
        "place",
        "scope",
        "amr",
        "claims",
        "as_of",
        "lifetimes",
        "authenticated_at",
    ];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        Ok(Self {
            subject: fields.required("subject")?,
            client_id: fields.required("client_id")?,
            device: fields.object("device")?.map(DeviceBody::from_fields).transpose()?,
            ip: fields.optional("ip")?,
            user_agent: fields.optional("user_agent")?,
            place: fields.optional("place")?,
            scope: fields.optional("scope")?,
            amr: fields.optional("amr")?,
            claims: fields.optional("claims")?,
            as_of: fields.optional("as_of")?,
            lifetimes: fields.object("lifetimes")?.map(LifetimesBody::from_fields).transpose()?,
            authenticated_at: fields.optional("authenticated_at")?,
        })
    }
}

impl Body for DeviceBody {
    const NAMES: &'static [&'static str] = &["id", "name", "type"];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        Ok(Self {
            id: fields.optional("id")?,
            name: fields.optional("name")?,
            r#type: fields.optional("type")?,
        })
    }
}

impl Body for LifetimesBody {
    const NAMES: &'static [&'static str] = &["idle_seconds", "absolute_seconds"];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        Ok(Self {
            idle_seconds: fields.optional("idle_seconds")?,
            absolute_seconds: fields.optional("absolute_seconds")?,
        })
    }
}

impl OpenSession {
    /// The use case's request.
    pub(super) fn sign_in(self, idempotency: Option<Box<str>>) -> SignIn {
        let device =
            self.device.map(|DeviceBody { id, name, r#type }| DeviceDescription { id, name, kind: r#type });
        SignIn {
            device: device.unwrap_or_default(),
            ip: self.ip.map(|ip| ip.to_string().into()),
            user_agent: self.user_agent,
            place: self.place,
            scope: self.scope,
            methods: self.amr.unwrap_or_default(),
            claims: self.claims.unwrap_or_default(),
            as_of: self.as_of,
            lifetimes: self.lifetimes.map(LifetimesBody::requested).unwrap_or_default(),
            authenticated_at: self.authenticated_at,
            idempotency,
            ..SignIn::new(self.subject, self.client_id)
        }
    }
}

impl LifetimesBody {
    fn requested(self) -> RequestedLifetimes {
        let seconds = |seconds: Option<u64>| seconds.map(Duration::from_secs);
        RequestedLifetimes { idle: seconds(self.idle_seconds), absolute: seconds(self.absolute_seconds) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fields::assert_described;

    #[test]
    fn what_is_read_is_what_the_document_shows() {
        assert_described::<OpenSession>();
        assert_described::<DeviceBody>();
        assert_described::<LifetimesBody>();
    }
}
