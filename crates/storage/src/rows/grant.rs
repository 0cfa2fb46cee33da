//! Grants.

use minicbor::{Decode, Encode};
use quash_core::ids::{ClientId, GrantId, SessionId};
use quash_core::position::Position;
use quash_core::session::grant::{Generation, Grant, MasterId};
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
}

/// The row of `grant`.
pub(crate) fn write(grant: &Grant) -> Vec<u8> {
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
    })
}

/// The grant in a row.
pub(crate) fn read(bytes: &[u8]) -> Result<Grant, StoreError> {
    let row: GrantRow<'_> = decode(WHAT, bytes)?;
    grant(&row).ok_or_else(|| corrupt(WHAT))
}

fn grant(row: &GrantRow<'_>) -> Option<Grant> {
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
    })
}
