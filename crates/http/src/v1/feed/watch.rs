//! `GET /v1/feed`: the feed as JSON, for people and scripts: server-sent events (WHATWG HTML section 9.2).

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::Stream;
use futures_util::stream::unfold;
use quash_authority::{Caller, Verb, authorize};
use quash_core::position::Position;
use quash_core::revocation::target::TargetKind;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep_until};

use super::events::{self, Ids};
use crate::access::ServiceCaller;
use crate::error::Failure;
use crate::extract::Query;
use crate::feed::Full;
use crate::openapi::Description;
use crate::reply::NO_STORE;
use crate::request::bad_input::BadInput;
use crate::request::params::Params;
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;

/// How many entries are read at once.
const PAGE: usize = 100;
/// How often something is sent when nothing happens, and the credential is looked at again.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// Where a client that comes back says how far it has come (WHATWG HTML section 9.2.4).
const LAST_EVENT_ID: &str = "last-event-id";

pub(super) fn routes() -> Vec<Route> {
    let after =
        "Begin after this position; at the head unless said. `Last-Event-ID` says the same, and counts more";
    let description =
        Description::new("Watch the feed as JSON, one event an entry: docs/feed-format.md, \"SSE view\"")
            .query("after", after)
            .gives_text("text/event-stream");
    let info = RouteInfo::admin(RouteMethod::Get, "/v1/feed", Verb::WatchFeed);
    vec![Route::new(info, get(begin), description)]
}

async fn begin(
    State(state): State<AppState>,
    ServiceCaller(caller): ServiceCaller,
    Query(params): Query,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    params.only(&["after"])?;
    let asked = start(&params, &headers)?;
    let place = state.feed().stream().map_err(|Full| Failure::Unavailable { retryable: true })?;
    let heads = state.authority().watch_head(&caller)?;
    let head = state.done(state.authority().head().await)?;
    // Beyond the head there is nothing to wait for: it is a position of another log.
    let after = asked.unwrap_or(head.position).min(head.position);
    let ids = if authorize(&caller, Verb::ReadRevocations).is_ok() { Ids::Plain } else { Ids::Digests };
    let hello = events::hello(head.log, head.position, after, ids);
    let closing = state.feed().closing();
    let ready = VecDeque::from([hello]);
    let sent_at = Instant::now();
    let watched = Watched { state, caller, ids, after, heads, closing, ready, sent_at, _place: place };
    let mut response = Sse::new(watched.events()).into_response();
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    Ok(response)
}

fn start(params: &Params, headers: &HeaderMap) -> Result<Option<Position>, BadInput> {
    let header =
        headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty());
    let Some(text) = header.or_else(|| params.text("after")) else { return Ok(None) };
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let position = text.parse().ok().filter(|_| plain).and_then(|number| Position::new(number).ok());
    position.map(Some).ok_or_else(|| BadInput::invalid("after", "a position"))
}

/// One stream. It reads when its client has taken what was read before: one that does not read holds up nobody.
struct Watched {
    state: AppState,
    caller: Caller,
    ids: Ids,
    after: Position,
    heads: watch::Receiver<Position>,
    closing: watch::Receiver<bool>,
    ready: VecDeque<Event>,
    /// When the last event was sent: what is not shown puts no heartbeat off.
    sent_at: Instant,
    _place: OwnedSemaphorePermit,
}

impl Watched {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        unfold(self, async |mut watched| {
            let event = watched.next().await?;
            watched.sent_at = Instant::now();
            Some((Ok(event), watched))
        })
    }

    /// The next event; none when the stream is over: the client comes back with the last id that it saw.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if *self.closing.borrow() || !self.state.authority().still_allows(&self.caller, Verb::WatchFeed) {
                return None;
            }
            self.read().await?;
            if !self.ready.is_empty() {
                continue;
            }
            tokio::select! {
                // Sent once the server stops, and an error when it has.
                _ = self.closing.changed() => {}
                changed = self.heads.changed() => changed.ok()?,
                () = sleep_until(self.sent_at + HEARTBEAT) => {
                    let head = *self.heads.borrow();
                    return Some(events::heartbeat(head, self.state.authority().now()));
                }
            }
        }
    }

    async fn read(&mut self) -> Option<()> {
        // INVARIANT: the head is read before the entries, so that none up to it are missing where there are none.
        let head = *self.heads.borrow_and_update();
        let authority = self.state.authority();
        let last = match self.ids {
            Ids::Plain => {
                let entries = self.state.done(authority.watch_entries(&self.caller, self.after, PAGE).await);
                let entries = entries.ok()?;
                let last = entries.last().map(|entry| entry.position);
                // A registration revokes nothing: it is not shown (S12).
                let shown = entries.into_iter().filter(|entry| is_shown(entry.fact.target.kind()));
                self.ready.extend(shown.map(events::entry));
                last
            }
            Ids::Digests => {
                let records = self.state.done(authority.watch_records(&self.caller, self.after, PAGE).await);
                let records = records.ok()?;
                let shown = records.iter().filter(|record| is_shown(record.kind));
                self.ready.extend(shown.map(events::record));
                records.last().map(|record| record.position)
            }
        };
        self.after = last.unwrap_or(self.after.max(head));
        Some(())
    }
}

/// Whether people are shown entries of this kind.
fn is_shown(kind: TargetKind) -> bool {
    kind != TargetKind::Registration
}
