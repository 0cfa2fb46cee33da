//! `quash tail`: the feed, live.

use std::time::Duration;

use clap::Args;
use serde_json::Value as Json;

use crate::client::Client;
use crate::client::error::ClientError;
use crate::client::events::ServerEvent;
use crate::client::query::with_query;
use crate::exit::{Exit, Failure};
use crate::output::{Output, cell, say};

/// How long to wait before the server is asked again: at first, and at most.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

#[derive(Args, Debug)]
pub(super) struct TailOptions {
    /// Begin after this position, in place of the head: 0 for all that verifiers hold
    #[arg(long, value_name = "POSITION")]
    after: Option<u64>,
    /// Stop after so many entries
    #[arg(long, value_name = "N")]
    count: Option<u64>,
}

/// What is shown of each entry.
const COLUMNS: [&str; 6] = ["position", "recorded_at", "effect", "target", "reason", "actor"];

/// How far one watching went.
enum Stopped {
    /// Enough was shown, or nobody reads any more.
    Done,
    /// The stream ended; it can be gone on with.
    Interrupted(String),
}

/// Where one watching is.
struct Tail {
    after: Option<String>,
    left: Option<u64>,
    output: Output,
    /// Whether anything came since the connection was opened.
    heard: bool,
}

pub(super) async fn run(options: &TailOptions, client: &Client, output: Output) -> Result<Exit, Failure> {
    let after = options.after.map(|after| after.to_string());
    let mut tail = Tail { after, left: options.count, output, heard: false };
    tail.headings();
    let mut wait = FIRST_WAIT;
    // Who can not even begin is told at once; what breaks later is waited out.
    let mut stopped = tail.watch(client).await?;
    while let Stopped::Interrupted(why) = stopped {
        say(&format!(
            "the feed was interrupted ({why}); going on after {}",
            tail.after.as_deref().unwrap_or("the head")
        ));
        wait = if tail.heard { FIRST_WAIT } else { (wait * 2).min(LONGEST_WAIT) };
        tail.heard = false;
        tokio::time::sleep(wait).await;
        stopped = match tail.watch(client).await {
            Err(refused @ ClientError::Refused { status: 400..=499, .. }) => return Err(refused.into()),
            Err(error) => Stopped::Interrupted(error.to_string()),
            Ok(stopped) => stopped,
        };
    }
    Ok(Exit::Ok)
}

impl Tail {
    async fn watch(&mut self, client: &Client) -> Result<Stopped, ClientError> {
        let path = with_query("/v1/feed", &[("after", self.after.as_deref())]);
        let mut events = client.events(&path).await?;
        loop {
            match events.next().await {
                Ok(Some(event)) => {
                    self.heard = true;
                    if !self.take(event) {
                        return Ok(Stopped::Done);
                    }
                }
                Ok(None) => return Ok(Stopped::Interrupted("the server ended it".to_owned())),
                Err(error) => return Ok(Stopped::Interrupted(error.to_string())),
            }
        }
    }

    /// Whether to go on.
    fn take(&mut self, ServerEvent { event, data, id }: ServerEvent) -> bool {
        if !id.is_empty() {
            self.after = Some(id);
        }
        if event != "entry" {
            return true;
        }
        let Ok(entry) = serde_json::from_str(&data) else { return true };
        let line = if self.output.is_json() { data } else { line(&entry) };
        self.left = self.left.map(|left| left.saturating_sub(1));
        self.output.try_line(&line).is_ok() && self.left != Some(0)
    }

    fn headings(&self) {
        if !self.output.is_json() {
            let headings = COLUMNS.map(str::to_uppercase);
            self.output.line(&self.output.bold(&aligned(&headings)));
        }
    }
}

fn line(entry: &Json) -> String {
    let cells = COLUMNS.map(|name| match name {
        "target" => entry.get(name).map(target).unwrap_or_default(),
        name => entry.get(name).map(cell).unwrap_or_default(),
    });
    aligned(&cells)
}

/// What an entry hits, in one word: `session:ses_1`.
fn target(target: &Json) -> String {
    let part = |name: &str| target.get(name).filter(|value| !value.is_null()).map(cell);
    let parts = ["type", "subject", "name", "id", "value", "digest"].into_iter().filter_map(part);
    parts.collect::<Vec<_>>().join(":")
}

/// The cells of one line. Lines come one by one, so the widths are fixed.
fn aligned(cells: &[String; 6]) -> String {
    let [position, recorded_at, effect, target, reason, actor] = cells;
    let text = format!("{position:<17}  {recorded_at:<24}  {effect:<7}  {target:<40}  {reason:<20}  {actor}");
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_target_is_one_word() {
        assert_eq!(target(&json!({"type": "session", "id": "ses_1"})), "session:ses_1");
        assert_eq!(target(&json!({"type": "device", "subject": "alice", "id": "d"})), "device:alice:d");
        assert_eq!(
            target(&json!({"type": "claim", "name": "role", "value": "x", "id": null})),
            "claim:role:x"
        );
        assert_eq!(target(&json!({"type": "subject", "digest": "00ff"})), "subject:00ff");
    }
}
