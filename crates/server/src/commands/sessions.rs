//! `quash sessions list|show|end`.

use clap::{Args, Subcommand};
use serde_json::Value as Json;

use crate::client::Client;
use crate::client::query::{segment, with_query};
use crate::exit::{Exit, Failure};
use crate::output::{Output, cell, say};

#[derive(Debug, Subcommand)]
pub(super) enum SessionsCommand {
    /// Search for sessions, newest first. A page may be short and have a next one
    List(ListOptions),
    /// Look at one session
    Show {
        /// `sid`
        id: String,
    },
    /// End one session: its access and refresh tokens, nobody else's
    End {
        /// `sid`
        id: String,
        /// Why, in one word of lower-case letters, digits and `_`
        #[arg(long, default_value = "admin")]
        reason: String,
    },
}

#[derive(Args, Debug)]
pub(super) struct ListOptions {
    /// Of this user
    #[arg(long, value_name = "SUB")]
    subject: Option<String>,
    /// On this device
    #[arg(long, value_name = "ID")]
    device: Option<String>,
    /// With tokens of this client
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Signed in from this address, or from one in this range: `192.0.2.0/24`
    #[arg(long)]
    ip: Option<String>,
    /// Signed in at this place, whatever the case of its letters
    #[arg(long)]
    place: Option<String>,
    /// Last used at this time or later (RFC 3339)
    #[arg(long, value_name = "TIME")]
    last_seen_after: Option<String>,
    /// Last used before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    last_seen_before: Option<String>,
    /// The one that our access token of this `jti` is of
    #[arg(long)]
    jti: Option<String>,
    /// `active` or `ended`; both unless said
    #[arg(long)]
    state: Option<String>,
    /// Where the page before ended
    #[arg(long)]
    cursor: Option<String>,
    /// How many
    #[arg(long)]
    limit: Option<u32>,
}

pub(super) async fn run(command: &SessionsCommand, client: &Client, output: Output) -> Result<Exit, Failure> {
    match command {
        SessionsCommand::List(options) => list(options, client, output).await?,
        SessionsCommand::Show { id } => one(&client.get(&path_of(id)).await?, output),
        SessionsCommand::End { id, reason } => {
            let path = with_query(&path_of(id), &[("reason", Some(reason))]);
            one(&client.delete(&path).await?, output);
        }
    }
    Ok(Exit::Ok)
}

fn path_of(id: &str) -> String {
    format!("/v1/sessions/{}", segment(id))
}

fn one(answer: &Json, output: Output) {
    output.object(answer);
}

async fn list(options: &ListOptions, client: &Client, output: Output) -> Result<(), Failure> {
    let limit = options.limit.map(|limit| limit.to_string());
    let path = with_query(
        "/v1/sessions",
        &[
            ("subject", options.subject.as_deref()),
            ("device_id", options.device.as_deref()),
            ("client_id", options.client.as_deref()),
            ("ip", options.ip.as_deref()),
            ("place", options.place.as_deref()),
            ("last_seen_after", options.last_seen_after.as_deref()),
            ("last_seen_before", options.last_seen_before.as_deref()),
            ("jti", options.jti.as_deref()),
            ("state", options.state.as_deref()),
            ("cursor", options.cursor.as_deref()),
            ("limit", limit.as_deref()),
        ],
    );
    let page = client.get(&path).await?;
    if output.is_json() {
        output.json(&page);
        return Ok(());
    }
    let items = page.get("items").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let columns = ["session_id", "subject", "state", "ip", "place", "opened_at", "last_used_at"];
    let row = |item: &Json| columns.iter().map(|name| item.get(name).map(cell).unwrap_or_default()).collect();
    output.table(&columns, &items.iter().map(row).collect::<Vec<_>>());
    if let Some(cursor) = page.get("next_cursor").and_then(Json::as_str) {
        say(&format!("more: --cursor {cursor}"));
    }
    Ok(())
}
