//! Grants.

use minicbor::{Decode, Encode};
use quash_core::ids::{ClientId, DeviceId, GrantId, SessionId};
use quash_core::position::Position;
use quash_core::session::device::Device;
use quash_core::session::grant::{Generation, Grant, MasterId, SharedSignIn};
use quash_core::time::Timestamp;

use super::{corrupt, decode, encode};
use crate::ports::StoreError;

const WHAT: &str = "grants";

#[derive(Encode, Decode)]
struct GrantRow<'a> {
    #[b(0)]
    id: &'a str,
    #[b(1)]
    session: &'a str,
    #[b(2)]
    client: &'a str,
    #[b(3)]
    scope: &'a str,
    #[n(4)]
    master: u32,
    #[n(5)]
    opened_at: u64,
    #[n(6)]
    opened_position: u64,
    #[n(7)]
    generation: u64,
    #[n(8)]
    rotations: Vec<u64>,
    /// Of a sign-in that shares a session: the first two come together, the others where the device has them.
    #[n(9)]
    authenticated_at: Option<u64>,
    #[b(10)]
    device_id: Option<&'a str>,
    #[b(11)]
    device_name: Option<&'a str>,
    #[b(12)]
    device_kind: Option<&'a str>,
}

/// The row of `grant`.
pub(crate) fn write(grant: &Grant) -> Vec<u8> {
    let own = grant.sign_in.as_deref();
    encode(&GrantRow {
        id: grant.id.as_str(),
        session: grant.session.as_str(),
        client: grant.client.as_str(),
        scope: &grant.scope,
        master: grant.master.0,
        opened_at: grant.opened_at.milliseconds(),
        opened_position: grant.opened_position.number(),
        generation: grant.generation.0,
        rotations: grant.rotations.iter().map(|at| at.milliseconds()).collect(),
        authenticated_at: own.map(|own| own.authenticated_at.milliseconds()),
        device_id: own.map(|own| own.device.id.as_str()),
        device_name: own.and_then(|own| own.device.name.as_deref()),
        device_kind: own.and_then(|own| own.device.kind.as_deref()),
    })
}

/// The grant in a row.
pub(crate) fn read(bytes: &[u8]) -> Result<Grant, StoreError> {
    let row: GrantRow<'_> = decode(WHAT, bytes)?;
    grant(&row).ok_or_else(|| corrupt(WHAT))
}

fn grant(row: &GrantRow<'_>) -> Option<Grant> {
    let sign_in = match (row.authenticated_at, row.device_id) {
        (None, None) => None,
        (Some(at), Some(device)) => Some(Box::new(sign_in(row, at, device)?)),
        _ => return None,
    };
    Some(Grant {
        id: GrantId::new(row.id).ok()?,
        session: SessionId::new(row.session).ok()?,
        client: ClientId::new(row.client).ok()?,
        scope: row.scope.into(),
        master: MasterId(row.master),
        opened_at: Timestamp::from_milliseconds(row.opened_at),
        opened_position: Position::new(row.opened_position).ok()?,
        generation: Generation(row.generation),
        rotations: row.rotations.iter().map(|at| Timestamp::from_milliseconds(*at)).collect(),
        sign_in,
    })
}

fn sign_in(row: &GrantRow<'_>, authenticated_at: u64, device: &str) -> Option<SharedSignIn> {
    Some(SharedSignIn {
        authenticated_at: Timestamp::from_milliseconds(authenticated_at),
        device: Device {
            id: DeviceId::new(device).ok()?,
            name: row.device_name.map(Into::into),
            kind: row.device_kind.map(Into::into),
        },
    })
}
