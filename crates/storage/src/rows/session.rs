//! Sessions.

use std::collections::BTreeMap;
use std::time::Duration;

use minicbor::{Decode, Encode};
use quash_core::ids::{DeviceId, SessionId, Subject};
use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use quash_core::session::device::Device;
use quash_core::session::policy::ReplacedBy;
use quash_core::session::session::{Ending, Session, SessionState};
use quash_core::time::Timestamp;

use super::{corrupt, decode, encode, milliseconds};
use crate::ports::StoreError;

const WHAT: &str = "sessions";

#[derive(Encode, Decode)]
struct SessionRow<'a> {
    #[b(0)]
    id: &'a str,
    #[b(1)]
    subject: &'a str,
    #[n(2)]
    authenticated_at: u64,
    #[n(3)]
    opened_at: u64,
    #[n(4)]
    opened_position: u64,
    #[n(5)]
    idle_limit: u64,
    #[n(6)]
    absolute_end: u64,
    #[n(7)]
    last_used_at: u64,
    /// JSON, an object.
    #[b(8)]
    claims: &'a str,
    #[b(9)]
    methods: Vec<&'a str>,
    #[b(10)]
    device_id: &'a str,
    #[b(11)]
    device_name: Option<&'a str>,
    #[b(12)]
    device_kind: Option<&'a str>,
    #[b(13)]
    ip: Option<&'a str>,
    #[b(14)]
    user_agent: Option<&'a str>,
    /// The three of an ending come together; an active session has none.
    #[n(15)]
    ended_at: Option<u64>,
    #[b(16)]
    ended_reason: Option<&'a str>,
    #[b(17)]
    ended_by: Option<&'a str>,
    /// Of a session whose place was taken: the first two come together, the name where the device has one.
    #[b(18)]
    replaced_by: Option<&'a str>,
    #[b(19)]
    replaced_by_device: Option<&'a str>,
    #[b(20)]
    replaced_by_device_name: Option<&'a str>,
    #[b(21)]
    place: Option<&'a str>,
    /// Of a session whose claims were changed: where, by their names. JSON.
    #[b(22)]
    claims_changed: Option<&'a str>,
}

/// The row of `session`.
pub(crate) fn write(session: &Session) -> Vec<u8> {
    let ending = match &session.state {
        SessionState::Ended(ending) => Some(ending),
        _ => None,
    };
    let replaced_by = ending.and_then(|ending| ending.replaced_by.as_deref());
    // A map of strings to JSON values always has a JSON text.
    let claims = serde_json::to_string(&session.claims).unwrap_or_default();
    let changed = (!session.claims_changed.is_empty()).then_some(&session.claims_changed);
    let changed = changed.map(|changed| serde_json::to_string(changed).unwrap_or_default());
    encode(&SessionRow {
        id: session.id.as_str(),
        subject: session.subject.as_str(),
        authenticated_at: session.authenticated_at.milliseconds(),
        opened_at: session.opened_at.milliseconds(),
        opened_position: session.opened_position.number(),
        idle_limit: milliseconds(session.idle_limit),
        absolute_end: session.absolute_end.milliseconds(),
        last_used_at: session.last_used_at.milliseconds(),
        claims: &claims,
        methods: session.methods.iter().map(AsRef::as_ref).collect(),
        device_id: session.device.id.as_str(),
        device_name: session.device.name.as_deref(),
        device_kind: session.device.kind.as_deref(),
        ip: session.ip.as_deref(),
        user_agent: session.user_agent.as_deref(),
        ended_at: ending.map(|ending| ending.at.milliseconds()),
        ended_reason: ending.map(|ending| ending.reason.as_str()),
        ended_by: ending.map(|ending| &*ending.by),
        replaced_by: replaced_by.map(|by| by.session.as_str()),
        replaced_by_device: replaced_by.map(|by| by.device.as_str()),
        replaced_by_device_name: replaced_by.and_then(|by| by.device_name.as_deref()),
        place: session.place.as_deref(),
        claims_changed: changed.as_deref(),
    })
}

/// The session in a row.
pub(crate) fn read(bytes: &[u8]) -> Result<Session, StoreError> {
    let row: SessionRow<'_> = decode(WHAT, bytes)?;
    session(&row).ok_or_else(|| corrupt(WHAT))
}

fn session(row: &SessionRow<'_>) -> Option<Session> {
    Some(Session {
        id: SessionId::new(row.id).ok()?,
        subject: Subject::new(row.subject).ok()?,
        state: state(row)?,
        authenticated_at: Timestamp::from_milliseconds(row.authenticated_at),
        opened_at: Timestamp::from_milliseconds(row.opened_at),
        opened_position: Position::new(row.opened_position).ok()?,
        idle_limit: Duration::from_millis(row.idle_limit),
        absolute_end: Timestamp::from_milliseconds(row.absolute_end),
        last_used_at: Timestamp::from_milliseconds(row.last_used_at),
        claims: serde_json::from_str(row.claims).ok()?,
        claims_changed: row.claims_changed.map_or(Ok(BTreeMap::new()), serde_json::from_str).ok()?,
        methods: row.methods.iter().map(|method| Box::from(*method)).collect(),
        device: Device {
            id: DeviceId::new(row.device_id).ok()?,
            name: row.device_name.map(Into::into),
            kind: row.device_kind.map(Into::into),
        },
        ip: row.ip.map(Into::into),
        user_agent: row.user_agent.map(Into::into),
        place: row.place.map(Into::into),
    })
}

fn state(row: &SessionRow<'_>) -> Option<SessionState> {
    let replaced_by = match (row.replaced_by, row.replaced_by_device) {
        (None, None) => None,
        (Some(session), Some(device)) => Some(Box::new(replaced_by(row, session, device)?)),
        _ => return None,
    };
    match (row.ended_at, row.ended_reason, row.ended_by) {
        (None, None, None) => Some(SessionState::Active),
        (Some(at), Some(reason), Some(by)) => Some(SessionState::Ended(Ending {
            at: Timestamp::from_milliseconds(at),
            reason: Reason::new(reason).ok()?,
            by: by.into(),
            replaced_by,
        })),
        _ => None,
    }
}

fn replaced_by(row: &SessionRow<'_>, session: &str, device: &str) -> Option<ReplacedBy> {
    Some(ReplacedBy {
        session: SessionId::new(session).ok()?,
        device: DeviceId::new(device).ok()?,
        device_name: row.replaced_by_device_name.map(Into::into),
    })
}
