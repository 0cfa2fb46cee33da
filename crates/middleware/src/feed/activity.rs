//! Reporting which sessions were used here, to whom the feed comes from (S05).

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use quash_core::ids::DeviceId;
use quash_core::session::last_use::LastUse;
use quash_verify::Verifier;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use super::post::{Post, Posted};

pub(super) const ENDPOINT: &str = "/v1/activity";
/// How long one server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest list of uses in one request: a server reads 64 KiB.
const LONGEST: usize = 60 << 10;

/// What became of the uses of sessions that were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActivityCounts {
    /// Uses that a server took.
    pub reported: u64,
    /// Requests that no server took: what they held is kept, and reported later.
    pub failures: u64,
}

/// Not everything could be reported. What was left is kept for the next report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no server took the report of which sessions were used")]
pub struct Unreported;

/// Takes what the verifier saw to a server.
#[derive(Debug)]
pub(super) struct Reporter {
    post: Post,
    verifier: Arc<Verifier>,
    reported: AtomicU64,
    failures: AtomicU64,
    /// Whether the last report failed: the log says so once.
    failing: AtomicBool,
    /// One report at a time, so that the last one before an end is behind all others.
    turn: Mutex<()>,
}

/// Uses that nobody has yet. INVARIANT: whatever happens to the report, they are kept.
struct Unsent<'a> {
    verifier: &'a Verifier,
    uses: Vec<LastUse>,
}

impl Drop for Unsent<'_> {
    fn drop(&mut self) {
        self.verifier.keep_activity(mem::take(&mut self.uses));
    }
}

impl Reporter {
    pub(super) fn new(post: Post, verifier: Arc<Verifier>) -> Self {
        let (reported, failures) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { post, verifier, reported, failures, failing: AtomicBool::new(false), turn: Mutex::new(()) }
    }

    /// Reports again and again.
    pub(super) async fn run(&self, every: Duration) {
        loop {
            sleep(every).await;
            let failed = self.report().await.is_err();
            if self.failing.swap(failed, Ordering::Relaxed) != failed {
                if failed {
                    tracing::warn!("the uses of sessions can not be reported; they are kept for a while");
                } else {
                    tracing::info!("the uses of sessions are reported again");
                }
            }
        }
    }

    /// Reports what there is.
    pub(super) async fn report(&self) -> Result<(), Unreported> {
        let _turn = self.turn.lock().await;
        let verifier = Arc::clone(&self.verifier);
        // A large cache takes a while: not on a thread that connections wait for.
        let taken = tokio::task::spawn_blocking(move || verifier.take_activity()).await;
        let mut unsent = Unsent { verifier: &self.verifier, uses: taken.unwrap_or_default() };
        while !unsent.uses.is_empty() {
            let (body, left) = body(&unsent.uses);
            let count = unsent.uses.len() - left;
            let sent = self.send(body).await.inspect_err(|_| {
                self.failures.fetch_add(1, Ordering::Relaxed);
            })?;
            unsent.uses.truncate(left);
            if sent {
                self.reported.fetch_add(count as u64, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Whether a server took it; one that finds it wrong finds it wrong the next time, too.
    async fn send(&self, body: Bytes) -> Result<bool, Unreported> {
        for place in self.post.places() {
            let posted = self.post.at(place, "application/json", body.clone());
            match timeout(PATIENCE, posted).await {
                Ok(Some(Posted::Done(_))) => {
                    self.post.prefer(place);
                    return Ok(true);
                }
                Ok(Some(Posted::Refused(status))) if is_about_the_report(status) => {
                    tracing::warn!(%status, "a report of uses of sessions was refused");
                    return Ok(false);
                }
                _ => {}
            }
        }
        Err(Unreported)
    }

    pub(super) fn counts(&self) -> ActivityCounts {
        ActivityCounts {
            reported: self.reported.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
        }
    }
}

fn is_about_the_report(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY
    )
}

/// A use as it travels.
#[derive(Serialize)]
struct Seen<'a> {
    sid: &'a str,
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<&'a str>,
    at: String,
}

/// As many of the last of `uses` as one request holds, and how many are left then.
fn body(uses: &[LastUse]) -> (Bytes, usize) {
    let mut list = String::new();
    let mut left = uses.len();
    for seen in uses.iter().rev() {
        // What can not be written was not seen by a clock that is right.
        let item = item(seen).unwrap_or_default();
        if list.len() + item.len() >= LONGEST {
            break;
        }
        if !list.is_empty() && !item.is_empty() {
            list.push(',');
        }
        list.push_str(&item);
        left -= 1;
    }
    (Bytes::from(format!("{{\"sessions\":[{list}]}}")), left)
}

fn item(LastUse { by, at }: &LastUse) -> Option<String> {
    let nanoseconds = i128::from(at.milliseconds()) * 1_000_000;
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?.format(&Rfc3339).ok()?;
    let device_id = by.device.as_ref().map(DeviceId::as_str);
    let seen = Seen { sid: by.session.as_str(), client_id: by.client.as_str(), device_id, at };
    serde_json::to_string(&seen).ok()
}

#[cfg(test)]
mod tests {
    use quash_core::ids::{ClientId, SessionId};
    use quash_core::session::last_use::UsedBy;
    use quash_core::time::Timestamp;
    use serde_json::{Value, json};

    use super::*;

    fn seen(session: &str, device: Option<&str>, milliseconds: u64) -> LastUse {
        let by = UsedBy {
            session: SessionId::new(session).unwrap(),
            client: ClientId::new("web").unwrap(),
            device: device.map(|device| DeviceId::new(device).unwrap()),
        };
        LastUse { by, at: Timestamp::from_milliseconds(milliseconds) }
    }

    #[test]
    fn a_use_travels_as_the_server_reads_it() {
        let uses = [seen("ses_1", Some("d\"1"), 1_800_000_000_000), seen("ses_2", None, 1_800_000_000_123)];
        let (body, left) = body(&uses);
        assert_eq!(left, 0);
        let expected = json!({ "sessions": [
            { "sid": "ses_2", "client_id": "web", "at": "2027-01-15T08:00:00.123Z" },
            { "sid": "ses_1", "client_id": "web", "device_id": "d\"1", "at": "2027-01-15T08:00:00Z" },
        ] });
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
    }

    #[test]
    fn many_uses_travel_in_requests_that_a_server_reads_each_use_in_one() {
        // The longest ids there are, and more than one request holds.
        let long = |number: usize| format!("{number:04}{}", "\"".repeat(252));
        let mut uses: Vec<LastUse> =
            (0..500).map(|number| seen(&long(number), Some(&long(number)), 0)).collect();
        uses.push(seen("ses_1", None, u64::MAX));
        let mut told = Vec::new();
        while !uses.is_empty() {
            let (body, left) = body(&uses);
            assert!(left < uses.len() && body.len() <= 64 << 10);
            let body: Value = serde_json::from_slice(&body).unwrap();
            told.extend(body["sessions"].as_array().unwrap().iter().map(|item| item["sid"].clone()));
            uses.truncate(left);
        }
        told.sort_by_key(ToString::to_string);
        assert_eq!(told, (0..500).map(|number| json!(long(number))).collect::<Vec<_>>());
    }
}
