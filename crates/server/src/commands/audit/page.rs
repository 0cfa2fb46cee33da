//! A page of `GET /v1/audit`, read back into what the chain is made of.

use quash_core::position::Position;
use quash_core::time::Timestamp;
use quash_storage::ports::{AuditEntry, AuditFact, AuditPage, AuditPoint, ChainHash, Details};
use serde_json::Value as Json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The page in an answer; `None` when it is none.
pub(super) fn read(answer: &Json) -> Option<AuditPage> {
    let items = answer.get("items")?.as_array()?;
    let entries = items.iter().map(entry).collect::<Option<Vec<_>>>()?;
    let (anchor, head) = (point(answer.get("anchor")?)?, point(answer.get("head")?)?);
    let through = entries.last().map_or(anchor.sequence, |entry| entry.sequence);
    Some(AuditPage { anchor, head, entries, through })
}

fn point(value: &Json) -> Option<AuditPoint> {
    Some(AuditPoint { sequence: value.get("sequence")?.as_u64()?, hash: hash(value.get("hash")?)? })
}

fn hash(value: &Json) -> Option<ChainHash> {
    ChainHash::from_hex(value.as_str()?)
}

fn entry(item: &Json) -> Option<AuditEntry> {
    let text = |name: &str| item.get(name).and_then(Json::as_str).map(Into::into);
    let position = match item.get("position")? {
        Json::Null => None,
        position => Some(Position::new(position.as_u64()?).ok()?),
    };
    let fact = AuditFact {
        at: instant(item.get("at")?.as_str()?)?,
        action: text("action")?,
        actor: text("actor")?,
        cause: text("cause")?,
        reason: text("reason"),
        position,
        details: details(item.get("details")?)?,
    };
    Some(AuditEntry {
        sequence: item.get("sequence")?.as_u64()?,
        fact,
        previous: hash(item.get("previous")?)?,
        hash: hash(item.get("hash")?)?,
    })
}

fn details(value: &Json) -> Option<Details> {
    let pair = |(name, value): (&String, &Json)| Some((name.as_str().into(), value.as_str()?.into()));
    value.as_object()?.iter().map(pair).collect()
}

fn instant(text: &str) -> Option<Timestamp> {
    let instant = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let milliseconds = u64::try_from(instant.unix_timestamp_nanos() / 1_000_000).ok()?;
    Some(Timestamp::from_milliseconds(milliseconds))
}
