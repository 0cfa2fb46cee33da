//! Requests that were done, by their idempotency keys.

use std::time::Duration;

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use quash_core::ids::{GrantId, SessionId};
use quash_core::position::Position;
use quash_core::time::Timestamp;

use super::{corrupt, decode, encode};
use crate::ports::StoreError;

const WHAT: &str = "requests";

/// How long a done request is remembered.
pub(crate) const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// What a request did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It appended an entry.
    Appended {
        /// Where.
        position: Position,
        /// How many live sessions matched, where that was asked.
        matched: Option<u64>,
    },
    /// It opened a session.
    Opened {
        /// Which.
        session: SessionId,
        /// With this grant.
        grant: GrantId,
    },
}

/// A request that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    /// Digest of the request.
    pub(crate) request: [u8; 32],
    /// When.
    pub(crate) at: Timestamp,
    /// What it did.
    pub(crate) outcome: Outcome,
}

impl Done {
    /// The first instant at which it is forgotten.
    pub(crate) fn forgotten_at(&self) -> Timestamp {
        self.at.plus(REMEMBERED_FOR)
    }
}

#[derive(Encode, Decode)]
struct RequestRow<'a> {
    #[n(0)]
    request: ByteArray<32>,
    #[n(1)]
    at: u64,
    /// An appended entry has this one and, where it was counted, the next.
    #[n(2)]
    position: Option<u64>,
    #[n(3)]
    matched: Option<u64>,
    /// An opened session has these two.
    #[b(4)]
    session: Option<&'a str>,
    #[b(5)]
    grant: Option<&'a str>,
}

/// The row of `done`.
pub(crate) fn write(done: &Done) -> Vec<u8> {
    let mut row = RequestRow {
        request: done.request.into(),
        at: done.at.milliseconds(),
        position: None,
        matched: None,
        session: None,
        grant: None,
    };
    match &done.outcome {
        Outcome::Appended { position, matched } => {
            row.position = Some(position.number());
            row.matched = *matched;
        }
        Outcome::Opened { session, grant } => {
            row.session = Some(session.as_str());
            row.grant = Some(grant.as_str());
        }
    }
    encode(&row)
}

/// The request in a row.
pub(crate) fn read(bytes: &[u8]) -> Result<Done, StoreError> {
    let row: RequestRow<'_> = decode(WHAT, bytes)?;
    let outcome = outcome(&row).ok_or_else(|| corrupt(WHAT))?;
    Ok(Done { request: row.request.into(), at: Timestamp::from_milliseconds(row.at), outcome })
}

fn outcome(row: &RequestRow<'_>) -> Option<Outcome> {
    match (row.position, row.session, row.grant) {
        (Some(position), None, None) => {
            Some(Outcome::Appended { position: Position::new(position).ok()?, matched: row.matched })
        }
        (None, Some(session), Some(grant)) => {
            Some(Outcome::Opened { session: SessionId::new(session).ok()?, grant: GrantId::new(grant).ok()? })
        }
        _ => None,
    }
}
