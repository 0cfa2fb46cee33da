//! `quash audit verify|export`.

mod page;
mod verify;

use clap::{Args, Subcommand};
use serde_json::Value as Json;

use self::verify::VerifyOptions;
use crate::client::Client;
use crate::client::query::with_query;
use crate::exit::{Exit, Failure};
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Walk the whole chain of hashes, at the server or in a file, and say where it is broken first
    Verify(VerifyOptions),
    /// Write the audit log, a line of JSON for each entry, oldest first
    Export(ExportOptions),
}

#[derive(Args, Debug)]
pub(in crate::commands) struct ExportOptions {
    /// Only what comes after this sequence number
    #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
    after: u64,
    /// Only what names this subject
    #[arg(long)]
    subject: Option<String>,
    /// Only what happened then or later (RFC 3339)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
}

pub(super) async fn run(
    command: &AuditCommand,
    client: impl FnOnce() -> Result<Client, Failure>,
    output: Output,
) -> Result<Exit, Failure> {
    match command {
        AuditCommand::Verify(options) => verify::run(options, client, output).await,
        AuditCommand::Export(options) => export(options, &client()?, output).await,
    }
}

async fn export(options: &ExportOptions, client: &Client, output: Output) -> Result<Exit, Failure> {
    let mut cursor = Some(options.after.to_string());
    while let Some(after) = cursor {
        let path = with_query(
            "/v1/audit",
            &[
                ("cursor", Some(&after)),
                ("limit", Some("200")),
                ("subject", options.subject.as_deref()),
                ("since", options.since.as_deref()),
            ],
        );
        let page = client.get(&path).await?;
        for item in page.get("items").and_then(Json::as_array).into_iter().flatten() {
            // Whoever reads has read enough.
            if output.try_line(&item.to_string()).is_err() {
                return Ok(Exit::Ok);
            }
        }
        cursor = page.get("next_cursor").and_then(Json::as_str).map(str::to_owned);
    }
    Ok(Exit::Ok)
}
