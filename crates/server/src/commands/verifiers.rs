//! `quash verifiers`.

use clap::Args;
use serde_json::Value as Json;

use crate::client::Client;
use crate::client::query::with_query;
use crate::exit::{Exit, Failure};
use crate::output::{Output, cell, say};

#[derive(Args, Debug)]
pub(super) struct VerifiersOptions {
    /// Where the page before ended
    #[arg(long)]
    cursor: Option<String>,
    /// How many
    #[arg(long)]
    limit: Option<u32>,
}

pub(super) async fn run(
    options: &VerifiersOptions,
    client: &Client,
    output: Output,
) -> Result<Exit, Failure> {
    let limit = options.limit.map(|limit| limit.to_string());
    let path =
        with_query("/v1/verifiers", &[("cursor", options.cursor.as_deref()), ("limit", limit.as_deref())]);
    let page = client.get(&path).await?;
    if output.is_json() {
        output.json(&page);
        return Ok(Exit::Ok);
    }
    let items = page.get("items").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let columns = [
        "verifier",
        "instance",
        "watermark",
        "lag",
        "acknowledged_at",
        "connected",
        "lease_ends_in_ms",
        "unfenced",
        "relay",
    ];
    let row = |item: &Json| columns.iter().map(|name| item.get(name).map(cell).unwrap_or_default()).collect();
    output.table(&columns, &items.iter().map(row).collect::<Vec<_>>());
    if let Some(cursor) = page.get("next_cursor").and_then(Json::as_str) {
        say(&format!("more: --cursor {cursor}"));
    }
    Ok(Exit::Ok)
}
