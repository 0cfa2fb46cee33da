//! `quash doctor`: what is wrong, here and at the server.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use http::{Method, StatusCode};
use serde_json::{Value as Json, json};

use super::config_options::ConfigOptions;
use crate::client::{Client, Payload};
use crate::exit::{Exit, Failure};
use crate::listen::file_limit;
use crate::output::Output;

/// Below this an embedded store is about to stop acknowledging.
const LEAST_FREE: u64 = 100 << 20;
/// Below this connections are refused before the configured cap.
const LEAST_FILES: u64 = 4096;

/// What one look found.
struct Finding {
    what: &'static str,
    /// What is good about it, or bad.
    found: Result<String, String>,
}

pub(super) async fn run(options: &ConfigOptions, client: &Client, output: Output) -> Result<Exit, Failure> {
    let mut findings = here(options);
    findings.extend(there(client).await);
    if output.is_json() {
        output.json(&findings.iter().map(as_json).collect());
    } else {
        output.table(&["look at", "verdict", "found"], &findings.iter().map(row).collect::<Vec<_>>());
    }
    let bad = findings.iter().any(|finding| finding.found.is_err());
    Ok(if bad { Exit::Local } else { Exit::Ok })
}

/// What can be seen on this machine.
fn here(options: &ConfigOptions) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut look = |what, found| findings.push(Finding { what, found });
    match options.load() {
        Err(failure) => look("configuration", Err(failure.to_string())),
        Ok(loaded) => {
            let found = match loaded.warnings.as_slice() {
                [] => "valid".to_owned(),
                warnings => format!("valid; {}", warnings.join("; ")),
            };
            look("configuration", Ok(found));
            look("data directory", data_directory(&loaded.config.server.data));
            look("free space", free_space(&loaded.config.server.data));
        }
    }
    look(
        "open files",
        match file_limit::raise() {
            Some(limit) if limit < LEAST_FILES => Err(format!("{limit}, expected at least {LEAST_FILES}")),
            Some(limit) => Ok(limit.to_string()),
            None => Ok("no limit".to_owned()),
        },
    );
    findings
}

fn data_directory(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let metadata = match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(format!("`{shown}` is not there yet"));
        }
        Err(error) => return Err(format!("`{shown}`: {error}")),
        Ok(metadata) => metadata,
    };
    let mode = metadata.mode() & 0o777;
    if mode & 0o022 != 0 {
        return Err(format!("`{shown}` can be written by others ({mode:04o}), expected 0700"));
    }
    Ok(format!("`{shown}` ({mode:04o})"))
}

fn free_space(path: &Path) -> Result<String, String> {
    let existing = path.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."));
    let space = rustix::fs::statvfs(existing).map_err(|error| error.to_string())?;
    let free = space.f_bavail.saturating_mul(space.f_frsize);
    let shown = format!("{} MiB", free >> 20);
    if free < LEAST_FREE { Err(format!("{shown}, expected at least 100 MiB")) } else { Ok(shown) }
}

/// What the server says.
async fn there(client: &Client) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (what, path) in [("server lives", "/healthz"), ("server is ready", "/readyz")] {
        findings.push(Finding { what, found: answers(client, path).await });
    }
    findings.push(Finding { what: "published keys", found: published_keys(client).await });
    let head = client.get("/v1/head").await;
    let found = head.map(|_| "accepted".to_owned()).map_err(|error| error.to_string());
    findings.push(Finding { what: "service key", found });
    findings
}

async fn answers(client: &Client, path: &str) -> Result<String, String> {
    let answer = client.send(Method::GET, path, Payload::None, None).await;
    let answer = answer.map_err(|error| error.to_string())?;
    if answer.status == StatusCode::OK {
        Ok(client.base().to_owned())
    } else {
        Err(answer.status.to_string())
    }
}

async fn published_keys(client: &Client) -> Result<String, String> {
    let answer = client.send(Method::GET, "/.well-known/jwks.json", Payload::None, None).await;
    let answer = answer.map_err(|error| error.to_string())?;
    match answer.body.get("keys").and_then(Json::as_array).map(Vec::len) {
        Some(count) if count > 0 => Ok(count.to_string()),
        _ => Err("none, expected at least one".to_owned()),
    }
}

fn as_json(finding: &Finding) -> Json {
    let (ok, found) = verdict(finding);
    json!({ "what": finding.what, "ok": ok, "found": found })
}

fn row(finding: &Finding) -> Vec<String> {
    let (ok, found) = verdict(finding);
    vec![finding.what.to_owned(), if ok { "good" } else { "BAD" }.to_owned(), found.to_owned()]
}

fn verdict(finding: &Finding) -> (bool, &str) {
    match &finding.found {
        Ok(found) => (true, found),
        Err(found) => (false, found),
    }
}
