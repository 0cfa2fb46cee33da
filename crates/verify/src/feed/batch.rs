//! Many records in few bytes: what they share is said once, what they have of their own as a difference.
//!
//! About 30 bytes a record. Every field is kept exactly.

use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Decoder, Encode, Encoder};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Window};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::record::{ExceptionKey, Record};
use quash_core::revocation::spread::Spread;
use quash_core::revocation::target::TargetKind;
use quash_core::revocation::target_key::{IssuerKey, TargetKey};
use quash_core::time::Timestamp;

use super::frame::FrameError;

/// The most records in a batch.
pub const MOST_RECORDS: usize = 4096;

/// No row is shorter: its key and a byte for each of the fields beside it.
const LEAST_ROW: usize = 23;

/// Added to a kind's number when the effect is [`Effect::Refresh`].
const REFRESH: u8 = 10;

/// The largest number of a kind that rotates no keys.
const PLAIN: u8 = TargetKind::Registration.number();

/// In the place of [`PLAIN`] in the number of a kind that does, so that it is none of the sums of the others.
const ROTATES: u8 = 40;

/// Added to that when the record undoes another: a reader that knows no undo takes it for a kind that it does not know,
/// and never for one more revocation.
const UNDOES: u8 = 20;

/// One record. Times are differences to the row before, the first row's to the batch's base; they wrap around, so
/// that every pair of 64-bit instants has one.
#[derive(Encode, Decode)]
struct Row<'b> {
    /// Position, as a difference: zero in the first row, at least one in the others.
    #[n(0)]
    step: u64,
    /// Kind, as in [`what`], plus [`REFRESH`], plus [`UNDOES`].
    #[n(1)]
    what: u8,
    /// Which of the batch's issuers.
    #[n(2)]
    issuer: u32,
    #[b(3)]
    key: &'b ByteSlice,
    #[n(4)]
    recorded: i64,
    /// `retain_until`, as a difference to that of the last row that had one; none means for ever.
    #[n(5)]
    retained: Option<i64>,
    /// Which of the batch's reasons.
    #[n(6)]
    reason: u32,
    /// First and last second.
    #[n(7)]
    window: Option<(u64, u64)>,
    /// 3 session or 1 token, and its key.
    #[b(8)]
    exception: Option<(u8, &'b ByteSlice)>,
    /// How far before this record the one lies that it undoes, in positions; at least one.
    #[n(9)]
    undoes: Option<u64>,
    /// Over how many seconds it comes to its tokens; not zero.
    #[n(10)]
    spread: Option<u64>,
}

/// What the differences are taken to: the row before.
struct Before {
    position: u64,
    recorded: u64,
    retained: u64,
}

/// The batch of `records`, at most [`MOST_RECORDS`] of them, positions rising. No bytes for no records.
///
/// `[base position, base time, issuers (16 bytes each, in one string), [reason, …], [row, …]]`
pub fn encode(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64 + records.len() * 32);
    if let Some(first) = records.first() {
        let _infallible = write(&mut Encoder::new(&mut bytes), first, records);
    }
    bytes
}

type Written = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

fn write(encoder: &mut Encoder<&mut Vec<u8>>, first: &Record, records: &[Record]) -> Written {
    let issuers = distinct(records, |record| &record.issuer);
    let reasons = distinct(records, |record| &record.reason);
    let base = first.recorded_at.milliseconds();
    encoder.array(5)?.u64(first.position.number())?.u64(base)?;
    encoder.bytes(&issuers.iter().flat_map(|issuer| *issuer.expose()).collect::<Vec<u8>>())?;
    encoder.array(reasons.len() as u64)?;
    for reason in &reasons {
        encoder.str(reason.as_str())?;
    }
    encoder.array(records.len() as u64)?;
    let mut before = Before { position: first.position.number(), recorded: base, retained: base };
    for record in records {
        let key = bytes_of(record.key);
        let exception = record.exception.map(exception_of);
        let row = Row {
            step: record.position.number().saturating_sub(before.position),
            what: what(record),
            issuer: place(&issuers, &record.issuer),
            key: (&key[..]).into(),
            recorded: difference(before.recorded, record.recorded_at),
            retained: (record.retain_until != Timestamp::FOREVER)
                .then(|| difference(before.retained, record.retain_until)),
            reason: place(&reasons, &record.reason),
            window: record.window.map(|window| (window.from(), window.to())),
            exception: exception.as_ref().map(|(kind, key)| (*kind, (&key[..]).into())),
            undoes: record.undoes.map(|undone| record.position.number().saturating_sub(undone.number())),
            spread: record.spread.map(Spread::seconds),
        };
        encoder.encode(row)?;
        before.follow(record);
    }
    Ok(())
}

const fn what(record: &Record) -> u8 {
    let refresh = if matches!(record.effect, Effect::Refresh) { REFRESH } else { 0 };
    let undoes = if record.undoes.is_some() { UNDOES } else { 0 };
    let kind = record.kind.number();
    let kind = if record.kind.rotates() { ROTATES + kind - PLAIN } else { kind };
    kind + refresh + undoes
}

/// The kind and the effect in a row's number, where it does not say that the record undoes another.
fn kind_and_effect(what: u8) -> Option<(TargetKind, Effect)> {
    let (what, rotates) =
        what.checked_sub(ROTATES).filter(|rest| *rest > 0).map_or((what, false), |rest| (rest, true));
    let (number, effect) = match what.checked_sub(REFRESH).filter(|rest| *rest > 0) {
        Some(number) => (number, Effect::Refresh),
        None => (what, Effect::End),
    };
    let kind = TargetKind::from_number(if rotates { number + PLAIN } else { number })?;
    (kind.rotates() == rotates).then_some((kind, effect))
}

/// Every different value, in the order of first use.
fn distinct<'r, T: PartialEq>(records: &'r [Record], of: impl Fn(&'r Record) -> &'r T) -> Vec<&'r T> {
    let mut found: Vec<&T> = Vec::new();
    for value in records.iter().map(of) {
        if found.last() != Some(&value) && !found.contains(&value) {
            found.push(value);
        }
    }
    found
}

fn place<T: PartialEq>(values: &[&T], value: &T) -> u32 {
    let place = values.iter().position(|held| *held == value).unwrap_or_default();
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// The output of SipHash in its usual form: both words little-endian.
fn bytes_of(key: TargetKey) -> [u8; 16] {
    let [first, second] = key.halves();
    (u128::from(second) << 64 | u128::from(first)).to_le_bytes()
}

fn exception_of(exception: ExceptionKey) -> (u8, [u8; 16]) {
    match exception {
        ExceptionKey::Token(key) => (TargetKind::Token.number(), bytes_of(key)),
        // What is not a token is a session.
        ExceptionKey::Session(key) => (TargetKind::Session.number(), bytes_of(key)),
        _ => (0, [0; 16]),
    }
}

const fn difference(before: u64, after: Timestamp) -> i64 {
    after.milliseconds().wrapping_sub(before).cast_signed()
}

impl Before {
    fn follow(&mut self, record: &Record) {
        self.position = record.position.number();
        self.recorded = record.recorded_at.milliseconds();
        if record.retain_until != Timestamp::FOREVER {
            self.retained = record.retain_until.milliseconds();
        }
    }
}

/// The records in `bytes`, positions rising.
///
/// # Errors
/// [`FrameError::Malformed`] for anything that [`encode`] can not have written, and for a kind of target that is
/// unknown here: to skip it would be to accept what it refuses.
pub fn decode(bytes: &[u8]) -> Result<Vec<Record>, FrameError> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let mut decoder = Decoder::new(bytes);
    let fields = decoder.array()?.filter(|fields| *fields >= 5).ok_or(FrameError::Malformed)?;
    let (position, base) = (decoder.u64()?, decoder.u64()?);
    let shared = Shared { issuers: issuers(&mut decoder)?, reasons: reasons(&mut decoder)? };
    let count = counted(&mut decoder)?;
    let mut records = Vec::with_capacity(count);
    let mut before = Before { position, recorded: base, retained: base };
    for place in 0..count {
        let row: Row<'_> = decoder.decode()?;
        if (row.step == 0) != (place == 0) {
            return Err(FrameError::Malformed);
        }
        let record = shared.record(&row, &before).ok_or(FrameError::Malformed)?;
        before.follow(&record);
        records.push(record);
    }
    for _later_field in 5..fields {
        decoder.skip()?;
    }
    if decoder.position() == bytes.len() { Ok(records) } else { Err(FrameError::Malformed) }
}

/// How many records `bytes` say that they hold, and no more than can be in them. Reads none of them.
pub(super) fn announced(bytes: &[u8]) -> Option<usize> {
    let mut decoder = Decoder::new(bytes);
    decoder.array().ok()?;
    // Base position, base time, issuers, reasons.
    for _field in 0..4 {
        decoder.skip().ok()?;
    }
    Some(counted(&mut decoder).ok()?.min(bytes.len() / LEAST_ROW))
}

/// The length of an array that has at most [`MOST_RECORDS`] items.
fn counted(decoder: &mut Decoder<'_>) -> Result<usize, FrameError> {
    let count = decoder.array()?.and_then(|count| usize::try_from(count).ok());
    count.filter(|count| *count <= MOST_RECORDS).ok_or(FrameError::Malformed)
}

fn issuers(decoder: &mut Decoder<'_>) -> Result<Vec<IssuerKey>, FrameError> {
    let (issuers, rest) = decoder.bytes()?.as_chunks::<16>();
    let sound = rest.is_empty() && issuers.len() <= MOST_RECORDS;
    if sound {
        Ok(issuers.iter().map(|key| IssuerKey::from_bytes(*key)).collect())
    } else {
        Err(FrameError::Malformed)
    }
}

fn reasons(decoder: &mut Decoder<'_>) -> Result<Vec<Reason>, FrameError> {
    let count = counted(decoder)?;
    (0..count).map(|_| Reason::new(decoder.str()?).map_err(|_| FrameError::Malformed)).collect()
}

/// What the rows of a batch point to.
struct Shared {
    issuers: Vec<IssuerKey>,
    reasons: Vec<Reason>,
}

impl Shared {
    fn record(&self, row: &Row<'_>, before: &Before) -> Option<Record> {
        let what = if row.undoes.is_some() { row.what.checked_sub(UNDOES)? } else { row.what };
        let (kind, effect) = kind_and_effect(what)?;
        let narrowed =
            row.window.is_some() || row.exception.is_some() || row.undoes.is_some() || row.spread.is_some();
        // A registration is nothing but that, and no rotation spares anybody.
        let registers = kind == TargetKind::Registration;
        if narrowed && (registers || kind.rotates()) || registers && effect == Effect::Refresh {
            return None;
        }
        let position = before.position.checked_add(row.step)?;
        let after = |before: u64, difference: i64| {
            Timestamp::from_milliseconds(before.wrapping_add(difference.cast_unsigned()))
        };
        Some(Record {
            position: Position::new(position).ok()?,
            recorded_at: after(before.recorded, row.recorded),
            retain_until: match row.retained {
                Some(difference) => after(before.retained, difference),
                None => Timestamp::FOREVER,
            },
            issuer: *self.issuers.get(usize::try_from(row.issuer).ok()?)?,
            kind,
            key: key_of(row.key)?,
            effect,
            spread: match row.spread {
                Some(seconds) => Some(Spread::from_seconds(seconds)?),
                None => None,
            },
            window: match row.window {
                Some((from, to)) if from > to => return None,
                window => window.map(|(from, to)| Window::from_stored(from, to)),
            },
            exception: match row.exception {
                Some((kind, key)) => Some(exception(kind, key_of(key)?)?),
                None => None,
            },
            undoes: match row.undoes {
                Some(0) => return None,
                Some(back) => Some(Position::new(position.checked_sub(back)?).ok()?),
                None => None,
            },
            reason: self.reasons.get(usize::try_from(row.reason).ok()?)?.clone(),
        })
    }
}

fn key_of(bytes: &ByteSlice) -> Option<TargetKey> {
    let number = u128::from_le_bytes(<[u8; 16]>::try_from(&bytes[..]).ok()?);
    #[expect(clippy::cast_possible_truncation, reason = "the two halves are meant")]
    Some(TargetKey::from_halves([number as u64, (number >> 64) as u64]))
}

fn exception(kind: u8, key: TargetKey) -> Option<ExceptionKey> {
    match TargetKind::from_number(kind)? {
        TargetKind::Session => Some(ExceptionKey::Session(key)),
        TargetKind::Token => Some(ExceptionKey::Token(key)),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests;
