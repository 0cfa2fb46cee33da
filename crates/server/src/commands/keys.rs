//! `quash keys list|rotate|remove`.

use std::time::Duration;

use clap::Subcommand;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};

use crate::client::Client;
use crate::exit::{Exit, Failure};
use crate::output::{Output, cell};

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// List the signing keys, oldest first
    List,
    /// Sign with the next key, once every verifier has it; no valid token is refused
    Rotate,
    /// Remove a key that nothing needs any more; with --compromised any key, and whatever it signed with it
    Remove {
        /// Its `kid`
        kid: String,
        /// Somebody else may have it: refuse all its tokens at once, and wait until every verifier does
        #[arg(long)]
        compromised: bool,
    },
}

/// The longest that verifiers are waited for.
const LONGEST_LEASE: Duration = Duration::from_secs(61);

pub(super) async fn run(command: &KeysCommand, client: Client, output: Output) -> Result<Exit, Failure> {
    let client = client.waiting_for(LONGEST_LEASE);
    match command {
        KeysCommand::List => list(&client.get("/v1/keys").await?, output),
        KeysCommand::Remove { kid, compromised } => {
            let kid = utf8_percent_encode(kid, NON_ALPHANUMERIC);
            let how = if *compromised { "?compromised=true&wait=everywhere&timeout_ms=61000" } else { "" };
            let answer = client.delete(&format!("/v1/keys/{kid}{how}")).await?;
            output.object(&answer);
        }
        KeysCommand::Rotate => {
            let answer = client.post("/v1/keys/rotate", &json!({})).await?;
            output.object(&answer);
        }
    }
    Ok(Exit::Ok)
}

fn list(page: &Json, output: Output) {
    if output.is_json() {
        output.json(page);
        return;
    }
    let items = page.get("items").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let columns = ["kid", "alg", "state", "created_at", "retired_until"];
    let row = |item: &Json| columns.iter().map(|name| item.get(name).map(cell).unwrap_or_default()).collect();
    output.table(&columns, &items.iter().map(row).collect::<Vec<_>>());
}
