//! A session.

use quash_authority::Listed;
use quash_core::session::device::Device;
use quash_core::session::session::{Over, SessionState};
use quash_core::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::replaced_by::ReplacedByView;
use crate::rfc3339;

/// A session.
#[derive(Serialize, ToSchema)]
pub(in crate::v1) struct SessionView {
    /// `sid`.
    session_id: String,
    /// `sub`.
    subject: String,
    /// `active` or `ended`.
    state: &'static str,
    /// How it ended; null while it lives.
    ended: Option<EndingView>,
    /// Whether the token that asks belongs to it. Only where a user asks for their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<bool>,
    /// The device.
    device: DeviceView,
    /// The other devices whose sign-ins share the session, where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shared_with: Vec<DeviceView>,
    /// The clients that hold tokens of it.
    clients: Vec<String>,
    /// Where the user signed in from.
    ip: Option<String>,
    /// With which program.
    user_agent: Option<String>,
    /// At which place.
    place: Option<String>,
    /// How the user signed in (RFC 8176).
    amr: Vec<String>,
    /// When the user proved who they are.
    authenticated_at: Option<String>,
    /// When it was opened.
    opened_at: Option<String>,
    /// When it was last renewed.
    last_used_at: Option<String>,
    /// When it is over if nobody uses it.
    idle_at: Option<String>,
    /// When it is over whatever its use.
    expires_at: Option<String>,
    /// The claims in its tokens. Not where a user asks for their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    claims: Option<Map<String, Value>>,
}

/// How a session ended.
#[derive(Serialize, ToSchema)]
struct EndingView {
    /// When.
    at: Option<String>,
    /// Why, in one word of `[a-z0-9_]`.
    reason: String,
    /// By whom; null when it ran out by itself.
    by: Option<String>,
    /// Where another sign-in took its place: on which device.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<ReplacedByView>,
}

/// A device.
#[derive(Serialize, ToSchema)]
struct DeviceView {
    /// Its id: the caller's own, or one that was minted.
    id: String,
    /// What a person calls it.
    name: Option<String>,
    /// `phone`, `browser`, `tv` …: the caller's own word.
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl From<Device> for DeviceView {
    fn from(device: Device) -> Self {
        let Device { id, name, kind } = device;
        Self { id: id.into(), name: name.map(Into::into), kind: kind.map(Into::into) }
    }
}

impl SessionView {
    /// What an administrator sees of `listed` at `now`.
    pub(in crate::v1) fn for_service(listed: Listed, now: Timestamp) -> Self {
        let claims = Some(listed.session.claims.clone());
        Self { claims, ..Self::plain(listed, now) }
    }

    /// What its user sees of it, with a token of the session `current`.
    pub(in crate::v1) fn for_user(listed: Listed, now: Timestamp, current: Option<&str>) -> Self {
        let is_current = current == Some(listed.session.id.as_str());
        Self { current: Some(is_current), ..Self::plain(listed, now) }
    }

    fn plain(listed: Listed, now: Timestamp) -> Self {
        let ended = ending(&listed, now);
        let Listed { session, clients, shared_with, .. } = listed;
        Self {
            state: if ended.is_some() { "ended" } else { "active" },
            ended,
            current: None,
            device: session.device.clone().into(),
            shared_with: shared_with.into_iter().map(Into::into).collect(),
            clients: clients.into_iter().map(Into::into).collect(),
            idle_at: rfc3339::format(session.idle_end()),
            session_id: session.id.into(),
            subject: session.subject.into(),
            ip: session.ip.map(Into::into),
            user_agent: session.user_agent.map(Into::into),
            place: session.place.map(Into::into),
            amr: session.methods.into_iter().map(Into::into).collect(),
            authenticated_at: rfc3339::format(session.authenticated_at),
            opened_at: rfc3339::format(session.opened_at),
            last_used_at: rfc3339::format(session.last_used_at),
            expires_at: rfc3339::format(session.absolute_end),
            claims: None,
        }
    }
}

/// How the session ended, by its own row or by a cutoff: its own row says more, so it is asked first.
fn ending(listed: &Listed, now: Timestamp) -> Option<EndingView> {
    let session = &listed.session;
    if let SessionState::Ended(ending) = &session.state {
        return Some(EndingView {
            at: rfc3339::format(ending.at),
            reason: ending.reason.as_str().into(),
            by: Some(ending.by.as_ref().into()),
            replaced_by: ending.replaced_by.as_deref().map(Into::into),
        });
    }
    if let Some(entry) = &listed.cut_by {
        return Some(EndingView {
            at: rfc3339::format(entry.fact.recorded_at),
            reason: entry.fact.reason.as_str().into(),
            by: Some(entry.fact.actor.as_ref().into()),
            replaced_by: None,
        });
    }
    let over = session.over(now)?;
    let at = if over == Over::Idle { session.idle_end() } else { session.absolute_end };
    Some(EndingView { at: rfc3339::format(at), reason: over.reason().into(), by: None, replaced_by: None })
}
