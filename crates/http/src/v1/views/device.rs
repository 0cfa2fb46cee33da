//! A device of a subject.

use quash_authority::{DeviceUse, Page};
use serde::Serialize;
use utoipa::ToSchema;

use super::PageView;
use crate::rfc3339;

/// A device of a subject, as its sessions that are still stored tell of it.
#[derive(Serialize, ToSchema)]
pub(in crate::v1) struct KnownDeviceView {
    /// Its id: the caller's own, or one that was minted.
    id: String,
    /// What a person calls it.
    name: Option<String>,
    /// `phone`, `browser`, `tv` …: the caller's own word.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// With which program it was last signed in.
    user_agent: Option<String>,
    /// From which address.
    ip: Option<String>,
    /// At which place.
    place: Option<String>,
    /// When the first of its sessions was opened.
    first_seen_at: Option<String>,
    /// When one of its sessions was last used.
    last_seen_at: Option<String>,
    /// How many of its sessions live.
    live_sessions: u64,
    /// `active` while one of its sessions lives, else `ended`.
    state: &'static str,
    /// Whether the token that asks was made for it. Only where a user asks for their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<bool>,
}

impl From<DeviceUse> for KnownDeviceView {
    fn from(held: DeviceUse) -> Self {
        Self {
            id: held.device.id.into(),
            name: held.device.name.map(Into::into),
            kind: held.device.kind.map(Into::into),
            user_agent: held.user_agent.map(Into::into),
            ip: held.ip.map(Into::into),
            place: held.place.map(Into::into),
            first_seen_at: rfc3339::format(held.first_seen_at),
            last_seen_at: rfc3339::format(held.last_seen_at),
            live_sessions: held.live_sessions,
            state: if held.live_sessions > 0 { "active" } else { "ended" },
            current: None,
        }
    }
}

impl KnownDeviceView {
    /// What its user sees of it, with a token made for the device `current`.
    pub(in crate::v1) fn for_user(held: DeviceUse, current: Option<&str>) -> Self {
        let is_current = current == Some(held.device.id.as_str());
        Self { current: Some(is_current), ..held.into() }
    }

    /// A page of them.
    pub(in crate::v1) fn page(page: Page<DeviceUse>, view: impl Fn(DeviceUse) -> Self) -> PageView<Self> {
        PageView { items: page.items.into_iter().map(view).collect(), next_cursor: page.next_cursor }
    }
}
