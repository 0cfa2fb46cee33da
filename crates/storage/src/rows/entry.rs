//! Entries of the log, and the chain of their checksums.

use aws_lc_rs::digest;
use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Encode};
use quash_core::ids::{ClientId, DeviceId, Issuer, KeyId, SessionId, Subject, TokenId};
use quash_core::position::{Checksum, Position};
use quash_core::revocation::entry::{Effect, Entry, Exception, NewEntry, Window};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::spread::Spread;
use quash_core::revocation::target::{Target, TargetKind};
use quash_core::time::Timestamp;
use quash_core::verified::TokenDigest;

use super::{corrupt, decode, encode};
use crate::ports::{LogIdentity, StoreError};

pub(super) const WHAT: &str = "entries";

/// An entry's canonical bytes are those of this row: fields in order, shortest integers, definite lengths.
#[derive(Encode, Decode)]
pub(super) struct EntryRow<'a> {
    #[n(0)]
    pub(super) position: u64,
    #[n(1)]
    pub(super) recorded_at: u64,
    #[b(2)]
    pub(super) issuer: &'a str,
    /// [`TargetKind`] as its number.
    #[n(3)]
    pub(super) kind: u8,
    /// The id that the target names; the subject of a device, the name of a claim, the session of a registration.
    #[b(4)]
    pub(super) name: Option<&'a str>,
    /// The device of a subject, the value of a claim, the subject of a registration.
    #[b(5)]
    pub(super) detail: Option<&'a str>,
    /// The digest of a token.
    #[b(6)]
    pub(super) digest: Option<&'a ByteSlice>,
    /// 1 refresh, 2 end.
    #[n(7)]
    pub(super) effect: u8,
    #[n(8)]
    pub(super) window_from: Option<u64>,
    #[n(9)]
    pub(super) window_to: Option<u64>,
    /// 1 session, 2 token.
    #[n(10)]
    pub(super) exception: Option<u8>,
    #[b(11)]
    pub(super) exception_id: Option<&'a str>,
    #[n(12)]
    pub(super) retain_until: u64,
    #[n(13)]
    pub(super) enforce_until: u64,
    #[b(14)]
    pub(super) reason: &'a str,
    #[b(15)]
    pub(super) actor: &'a str,
    #[b(16)]
    pub(super) cause: &'a str,
    /// The position of the entry that it undoes.
    #[n(17)]
    pub(super) undoes: Option<u64>,
    /// Over how many seconds it comes to its tokens.
    #[n(18)]
    pub(super) spread: Option<u64>,
}

/// The canonical bytes of `fact` at `position`.
pub(crate) fn canonical(position: Position, fact: &NewEntry) -> Vec<u8> {
    let (name, detail, digest) = target_fields(&fact.target);
    let (exception, exception_id) = match &fact.exception {
        Some(Exception::Session(id)) => (Some(1), Some(id.as_str())),
        Some(Exception::Token(id)) => (Some(2), Some(id.as_str())),
        _ => (None, None),
    };
    encode(&EntryRow {
        position: position.number(),
        recorded_at: fact.recorded_at.milliseconds(),
        issuer: fact.issuer.as_str(),
        kind: fact.target.kind() as u8,
        name,
        detail,
        digest,
        effect: if fact.effect == Effect::End { 2 } else { 1 },
        spread: fact.spread.map(Spread::seconds),
        window_from: fact.window.map(|window| window.from()),
        window_to: fact.window.map(|window| window.to()),
        exception,
        exception_id,
        retain_until: fact.retain_until.milliseconds(),
        enforce_until: fact.enforce_until.milliseconds(),
        reason: fact.reason.as_str(),
        actor: &fact.actor,
        cause: &fact.cause,
        undoes: fact.undoes.map(Position::number),
    })
}

/// The effect in a row; `None` when it is none.
pub(super) const fn effect(row: &EntryRow<'_>) -> Option<Effect> {
    match row.effect {
        1 => Some(Effect::Refresh),
        2 => Some(Effect::End),
        _ => None,
    }
}

/// The window in a row, if it has one.
///
/// # Errors
/// [`StoreError::Corrupt`] when it has only one end.
pub(super) fn window(row: &EntryRow<'_>) -> Result<Option<Window>, StoreError> {
    match (row.window_from, row.window_to) {
        (None, None) => Ok(None),
        (Some(from), Some(to)) => Ok(Some(Window::from_stored(from, to))),
        _ => Err(corrupt(WHAT)),
    }
}

/// The spread in a row.
///
/// # Errors
/// [`StoreError::Corrupt`] when it is of no seconds.
pub(super) fn spread(row: &EntryRow<'_>) -> Result<Option<Spread>, StoreError> {
    row.spread.map(|seconds| Spread::from_seconds(seconds).ok_or_else(|| corrupt(WHAT))).transpose()
}

type TargetFields<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a ByteSlice>);

fn target_fields(target: &Target) -> TargetFields<'_> {
    match target {
        Target::Token(id) => (Some(id.as_str()), None, None),
        Target::TokenDigest(digest) => (None, None, Some(digest.0.as_slice().into())),
        Target::Session(id) => (Some(id.as_str()), None, None),
        Target::Key(id) => (Some(id.as_str()), None, None),
        Target::Subject(id) => (Some(id.as_str()), None, None),
        Target::Device { subject, device } => (Some(subject.as_str()), Some(device.as_str()), None),
        Target::Client(id) => (Some(id.as_str()), None, None),
        Target::Claim { name, value } => (Some(name), Some(value), None),
        Target::Registration { session, subject } => (Some(session.as_str()), Some(subject.as_str()), None),
        Target::UserKey(subject) => (Some(subject.as_str()), None, None),
        _ => (None, None, None),
    }
}

/// The value of a row of the log: the checksum at the entry, then its canonical bytes.
pub(crate) fn value(checksum: Checksum, canonical: &[u8]) -> Vec<u8> {
    [&checksum.0, canonical].concat()
}

/// The two halves of a [`value`].
pub(crate) fn split(value: &[u8]) -> Result<(Checksum, &[u8]), StoreError> {
    let (checksum, canonical) = value.split_first_chunk::<16>().ok_or_else(|| corrupt(WHAT))?;
    Ok((Checksum(*checksum), canonical))
}

/// The entry in a [`value`].
pub(crate) fn read(value: &[u8]) -> Result<Entry, StoreError> {
    let (_, canonical) = split(value)?;
    read_canonical(canonical)
}

/// The entry in its canonical bytes.
pub(crate) fn read_canonical(canonical: &[u8]) -> Result<Entry, StoreError> {
    let row: EntryRow<'_> = decode(WHAT, canonical)?;
    let position = Position::new(row.position).map_err(|_| corrupt(WHAT))?;
    fact(&row).map(|fact| Entry { position, fact }).ok_or_else(|| corrupt(WHAT))
}

fn fact(row: &EntryRow<'_>) -> Option<NewEntry> {
    Some(NewEntry {
        recorded_at: Timestamp::from_milliseconds(row.recorded_at),
        issuer: Issuer::new(row.issuer).ok()?,
        target: target(row)?,
        effect: effect(row)?,
        spread: spread(row).ok()?,
        window: window(row).ok()?,
        exception: match (row.exception, row.exception_id) {
            (None, None) => None,
            (Some(1), Some(id)) => Some(Exception::Session(SessionId::new(id).ok()?)),
            (Some(2), Some(id)) => Some(Exception::Token(TokenId::new(id).ok()?)),
            _ => return None,
        },
        retain_until: Timestamp::from_milliseconds(row.retain_until),
        enforce_until: Timestamp::from_milliseconds(row.enforce_until),
        undoes: row.undoes.map(Position::new).transpose().ok()?,
        reason: Reason::new(row.reason).ok()?,
        actor: row.actor.into(),
        cause: row.cause.into(),
    })
}

pub(super) const TOKEN: u8 = TargetKind::Token as u8;
pub(super) const TOKEN_DIGEST: u8 = TargetKind::TokenDigest as u8;
pub(super) const SESSION: u8 = TargetKind::Session as u8;
pub(super) const KEY: u8 = TargetKind::Key as u8;
pub(super) const SUBJECT: u8 = TargetKind::Subject as u8;
pub(super) const DEVICE: u8 = TargetKind::Device as u8;
pub(super) const CLIENT: u8 = TargetKind::Client as u8;
pub(super) const CLAIM: u8 = TargetKind::Claim as u8;
pub(super) const ISSUER: u8 = TargetKind::Issuer as u8;
pub(super) const REGISTRATION: u8 = TargetKind::Registration as u8;
pub(super) const USER_KEY: u8 = TargetKind::UserKey as u8;
pub(super) const USER_KEYS: u8 = TargetKind::UserKeys as u8;

fn target(row: &EntryRow<'_>) -> Option<Target> {
    let target = match (row.kind, row.name, row.detail) {
        (TOKEN, Some(id), None) => Target::Token(TokenId::new(id).ok()?),
        (TOKEN_DIGEST, None, None) => {
            let digest = row.digest.and_then(|digest| <[u8; 32]>::try_from(&digest[..]).ok());
            Target::TokenDigest(TokenDigest(digest?))
        }
        (SESSION, Some(id), None) => Target::Session(SessionId::new(id).ok()?),
        (KEY, Some(id), None) => Target::Key(KeyId::new(id).ok()?),
        (SUBJECT, Some(id), None) => Target::Subject(Subject::new(id).ok()?),
        (DEVICE, Some(subject), Some(device)) => {
            Target::Device { subject: Subject::new(subject).ok()?, device: DeviceId::new(device).ok()? }
        }
        (CLIENT, Some(id), None) => Target::Client(ClientId::new(id).ok()?),
        (CLAIM, Some(name), Some(value)) => Target::Claim { name: name.into(), value: value.into() },
        (ISSUER, None, None) => Target::Issuer,
        (REGISTRATION, Some(session), Some(subject)) => Target::Registration {
            session: SessionId::new(session).ok()?,
            subject: Subject::new(subject).ok()?,
        },
        (USER_KEY, Some(id), None) => Target::UserKey(Subject::new(id).ok()?),
        (USER_KEYS, None, None) => Target::UserKeys,
        _ => return None,
    };
    Some(target)
}

/// The checksum of a log that has no entry yet: the first 16 bytes of
/// SHA-256("quash log" || log id || origin, eight bytes big-endian).
pub(crate) fn first_checksum(identity: &LogIdentity) -> Checksum {
    let origin = identity.origin.number().to_be_bytes();
    truncated(&[b"quash log", identity.log.bytes(), &origin])
}

/// The checksum after one more entry: the first 16 bytes of SHA-256(checksum before || canonical bytes).
pub(crate) fn next_checksum(before: Checksum, canonical: &[u8]) -> Checksum {
    truncated(&[&before.0, canonical])
}

fn truncated(parts: &[&[u8]]) -> Checksum {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let whole = context.finish();
    Checksum(whole.as_ref().first_chunk().copied().unwrap_or_default())
}
