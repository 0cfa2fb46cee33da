//! An entry as verifiers see it: digests in place of ids.

use quash_core::position::Position;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::record::{ExceptionKey, Record};
use quash_core::revocation::spread::Spread;
use quash_core::revocation::target_key::TargetKey;
use quash_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::rfc3339;

/// An entry of the log without a single id.
#[derive(Serialize, ToSchema)]
pub(super) struct RecordView {
    /// Its place.
    position: u64,
    /// When it was decided.
    recorded_at: Option<String>,
    /// Whose tokens it is about: 32 hexadecimal digits, keyed by the log.
    issuer_digest: String,
    /// What it hits.
    target: TargetDigestView,
    /// `end` or `refresh`.
    effect: &'static str,
    /// Over how many seconds it comes to its tokens; null: at once.
    spread_s: Option<u64>,
    /// What it spares.
    except: Option<TargetDigestView>,
    /// Narrows it to sign-ins from the first to the last of two instants.
    window: Option<[Option<String>; 2]>,
    /// The entry that it takes back; then it hits nothing itself.
    undoes: Option<u64>,
    /// Until when verifiers hold it; null: for ever.
    retain_until: Option<String>,
    /// Why, in one word of `[a-z0-9_]`.
    reason: String,
}

/// What an entry hits or spares.
#[derive(Serialize, ToSchema)]
struct TargetDigestView {
    /// `token`, `session`, `subject`, `device`, `client`, `claim`, `key` or `issuer`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// 32 hexadecimal digits, keyed by the log.
    digest: String,
}

impl From<&Record> for RecordView {
    fn from(record: &Record) -> Self {
        let second = |second| rfc3339::format(Timestamp::from_seconds(second));
        Self {
            position: record.position.number(),
            recorded_at: rfc3339::format(record.recorded_at),
            issuer_digest: hex(u128::from_be_bytes(*record.issuer.expose())),
            target: TargetDigestView { kind: record.kind.name(), digest: digest(record.key) },
            effect: match record.effect {
                Effect::Refresh => "refresh",
                // An effect that this version does not know is at least an end.
                _ => "end",
            },
            spread_s: record.spread.map(Spread::seconds),
            except: record.exception.and_then(spared),
            window: record.window.map(|window| [second(window.from()), second(window.to())]),
            undoes: record.undoes.map(Position::number),
            retain_until: rfc3339::format(record.retain_until),
            reason: record.reason.as_str().into(),
        }
    }
}

fn spared(exception: ExceptionKey) -> Option<TargetDigestView> {
    match exception {
        ExceptionKey::Session(key) => Some(TargetDigestView { kind: "session", digest: digest(key) }),
        ExceptionKey::Token(key) => Some(TargetDigestView { kind: "token", digest: digest(key) }),
        _ => None,
    }
}

fn digest(key: TargetKey) -> String {
    let [first, second] = key.halves();
    // The bytes in the order in which a batch has them.
    hex((u128::from(second) << 64 | u128::from(first)).swap_bytes())
}

fn hex(number: u128) -> String {
    format!("{number:032x}")
}

#[cfg(test)]
mod tests {
    use quash_core::revocation::reason::Reason;
    use quash_core::revocation::target::TargetKind;
    use quash_core::revocation::target_key::IssuerKey;
    use quash_verify::feed::batch;

    use super::*;

    #[test]
    fn digests_are_shown_byte_for_byte_as_they_travel() {
        // docs/feed-format.md, "SSE view": in order
        let key = |base: u64| TargetKey::from_halves([base, base + 0x1011_1213_1415_1617]);
        let record = Record {
            position: Position::new(1).unwrap(),
            recorded_at: Timestamp::from_seconds(1),
            retain_until: Timestamp::from_seconds(2),
            issuer: IssuerKey::from_bytes(std::array::from_fn(|place| 0xA0 + u8::try_from(place).unwrap())),
            kind: TargetKind::Subject,
            key: key(0x0102_0304_0506_0708),
            effect: Effect::End,
            spread: None,
            window: None,
            exception: Some(ExceptionKey::Token(key(0x2122_2324_2526_2728))),
            undoes: None,
            reason: Reason::known(Reason::LOGGED_OUT),
        };
        let travels = batch::encode(std::slice::from_ref(&record));
        let view = RecordView::from(&record);
        for shown in [view.issuer_digest, view.target.digest, view.except.unwrap().digest] {
            let pairs = shown.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
            let bytes: Vec<u8> = pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
            assert!(travels.windows(16).any(|part| part == bytes), "{shown}");
        }
    }
}
