//! Entries as verifiers hold them, straight from their rows: no id of a row is copied.

use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::record::{ExceptionKey, Record};
use quash_core::revocation::target::TargetKind;
use quash_core::revocation::target_key::{IssuerKey, LogKey, TargetKey};
use quash_core::time::Timestamp;
use quash_core::verified::TokenDigest;

use super::entry::{
    CLAIM, CLIENT, DEVICE, EntryRow, ISSUER, KEY, REGISTRATION, SESSION, SUBJECT, TOKEN, TOKEN_DIGEST,
    USER_KEY, USER_KEYS, WHAT, effect, split, spread, window,
};
use super::{corrupt, decode};
use crate::ports::StoreError;

/// How many issuers and reasons a reader remembers. A log names few of either.
const REMEMBERED: usize = 32;

/// Makes records of rows. Remembers the issuers and reasons that it met, which most rows share.
pub(crate) struct Digester {
    log: LogKey,
    issuers: Vec<(Box<str>, IssuerKey)>,
    reasons: Vec<Reason>,
}

impl Digester {
    pub(crate) fn new(log: LogKey) -> Self {
        Self { log, issuers: Vec::new(), reasons: Vec::new() }
    }

    /// The record in a row of the log; `None` when no verifier need hold it at `now`.
    pub(crate) fn live(&mut self, value: &[u8], now: Timestamp) -> Result<Option<Record>, StoreError> {
        let (_, canonical) = split(value)?;
        let row: EntryRow<'_> = decode(WHAT, canonical)?;
        if Timestamp::from_milliseconds(row.retain_until) <= now {
            return Ok(None);
        }
        self.record(&row).map(Some)
    }

    fn record(&mut self, row: &EntryRow<'_>) -> Result<Record, StoreError> {
        let unreadable = || corrupt(WHAT);
        let issuer = self.issuer(row.issuer).ok_or_else(unreadable)?;
        let (kind, key) = target(&issuer, row).ok_or_else(unreadable)?;
        Ok(Record {
            position: Position::new(row.position).map_err(|_| unreadable())?,
            recorded_at: Timestamp::from_milliseconds(row.recorded_at),
            retain_until: Timestamp::from_milliseconds(row.retain_until),
            issuer,
            kind,
            key,
            effect: effect(row).ok_or_else(unreadable)?,
            spread: spread(row)?,
            window: window(row)?,
            exception: exception(&issuer, row)?,
            undoes: row.undoes.map(Position::new).transpose().map_err(|_| unreadable())?,
            reason: self.reason(row.reason).ok_or_else(unreadable)?,
        })
    }

    fn issuer(&mut self, text: &str) -> Option<IssuerKey> {
        if let Some((_, key)) = self.issuers.iter().find(|(held, _)| &**held == text) {
            return Some(*key);
        }
        let key = self.log.issuer_key(&Issuer::new(text).ok()?);
        if self.issuers.len() >= REMEMBERED {
            self.issuers.clear();
        }
        self.issuers.push((text.into(), key));
        Some(key)
    }

    fn reason(&mut self, text: &str) -> Option<Reason> {
        if let Some(reason) = self.reasons.iter().find(|held| held.as_str() == text) {
            return Some(reason.clone());
        }
        let reason = Reason::new(text).ok()?;
        if self.reasons.len() >= REMEMBERED {
            self.reasons.clear();
        }
        self.reasons.push(reason.clone());
        Some(reason)
    }
}

fn target(issuer: &IssuerKey, row: &EntryRow<'_>) -> Option<(TargetKind, TargetKey)> {
    let of = |kind, id| Some((kind, issuer.of_id(kind, id)));
    match (row.kind, row.name, row.detail) {
        (TOKEN, Some(id), None) => of(TargetKind::Token, id),
        (TOKEN_DIGEST, None, None) => {
            let digest = row.digest.and_then(|digest| <[u8; 32]>::try_from(&digest[..]).ok())?;
            Some((TargetKind::TokenDigest, issuer.of_digest(&TokenDigest(digest))))
        }
        (SESSION, Some(id), None) => of(TargetKind::Session, id),
        (KEY, Some(id), None) => of(TargetKind::Key, id),
        (SUBJECT, Some(id), None) => of(TargetKind::Subject, id),
        (DEVICE, Some(subject), Some(device)) => {
            Some((TargetKind::Device, issuer.of_device(subject, device)))
        }
        (CLIENT, Some(id), None) => of(TargetKind::Client, id),
        (CLAIM, Some(name), Some(value)) => Some((TargetKind::Claim, issuer.of_claim(name, value))),
        (ISSUER, None, None) => of(TargetKind::Issuer, ""),
        (REGISTRATION, Some(session), Some(subject)) => {
            Some((TargetKind::Registration, issuer.of_registration(session, subject)))
        }
        (USER_KEY, Some(id), None) => Some((TargetKind::UserKey, issuer.of_user_key(id))),
        (USER_KEYS, None, None) => of(TargetKind::UserKeys, ""),
        _ => None,
    }
}

fn exception(issuer: &IssuerKey, row: &EntryRow<'_>) -> Result<Option<ExceptionKey>, StoreError> {
    match (row.exception, row.exception_id) {
        (None, None) => Ok(None),
        (Some(1), Some(id)) => Ok(Some(ExceptionKey::Session(issuer.of_id(TargetKind::Session, id)))),
        (Some(2), Some(id)) => Ok(Some(ExceptionKey::Token(issuer.of_id(TargetKind::Token, id)))),
        _ => Err(corrupt(WHAT)),
    }
}
