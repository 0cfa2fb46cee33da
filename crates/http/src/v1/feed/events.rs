//! The events of the stream of JSON (WHATWG HTML section 9.2, `docs/feed-format.md`, "SSE view").

use axum::response::sse::Event;
use quash_core::position::{LogId, Position};
use quash_core::revocation::entry::Entry;
use quash_core::revocation::record::Record;
use quash_core::time::Timestamp;
use serde::Serialize;

use super::record_view::RecordView;
use crate::rfc3339;
use crate::v1::views::RevocationView;

/// Whether ids are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ids {
    Plain,
    Digests,
}

#[derive(Serialize)]
struct Hello {
    log: String,
    head: u64,
    after: u64,
    ids: &'static str,
}

#[derive(Serialize)]
struct Heartbeat {
    head: u64,
    at: Option<String>,
}

/// What a stream begins with.
pub(super) fn hello(log: LogId, head: Position, after: Position, ids: Ids) -> Event {
    let ids = match ids {
        Ids::Plain => "plain",
        Ids::Digests => "digests",
    };
    let hello = Hello { log: log.to_string(), head: head.number(), after: after.number(), ids };
    event("hello", &hello).id(after.to_string())
}

/// The log did not grow, or only by what is over already.
pub(super) fn heartbeat(head: Position, now: Timestamp) -> Event {
    event("heartbeat", &Heartbeat { head: head.number(), at: rfc3339::format(now) })
}

/// An entry with its ids.
pub(super) fn entry(entry: Entry) -> Event {
    let id = entry.position.to_string();
    event("entry", &RevocationView::from(entry)).id(id)
}

/// An entry without them.
pub(super) fn record(record: &Record) -> Event {
    event("entry", &RecordView::from(record)).id(record.position.to_string())
}

fn event(name: &str, data: &impl Serialize) -> Event {
    // Plain structs with text keys: there is nothing in them that can not be written.
    Event::default().event(name).data(serde_json::to_string(data).unwrap_or_default())
}
