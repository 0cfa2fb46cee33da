//! `quash revoke`.

use std::io::Read;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value as Json, json};

use crate::client::Client;
use crate::config::value::Value as _;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output, cell};

#[derive(Args, Debug)]
pub(super) struct RevokeOptions {
    #[command(subcommand)]
    target: TargetOption,
    /// Whose tokens; our own unless said
    #[arg(long, global = true, value_name = "ISSUER")]
    issuer: Option<String>,
    /// What it does to them
    #[arg(long, global = true, value_enum, default_value_t)]
    effect: EffectOption,
    /// Why, in one word of lower-case letters, digits and `_`
    #[arg(long, global = true, default_value = "admin")]
    reason: String,
    /// Spare this session
    #[arg(long, global = true, value_name = "SID", conflicts_with = "except_token")]
    except_session: Option<String>,
    /// Spare this token
    #[arg(long, global = true, value_name = "JTI")]
    except_token: Option<String>,
    /// Only what was signed in at this instant (RFC 3339) or later
    #[arg(long, global = true, value_name = "TIME", requires = "to")]
    from: Option<String>,
    /// Only what was signed in at this instant (RFC 3339) or earlier
    #[arg(long, global = true, value_name = "TIME", requires = "from")]
    to: Option<String>,
    /// Count the sessions, do nothing
    #[arg(long, global = true)]
    dry_run: bool,
    /// Do nothing if more sessions than this match
    #[arg(long, global = true, value_name = "COUNT")]
    expect_max: Option<u64>,
    /// Return when it is durable, or when every verifier has applied it
    #[arg(long, global = true, value_enum, default_value_t)]
    wait: WaitOption,
    /// How long to wait for the verifiers, at most: up to 2m; 5s unless said
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
}

#[derive(Debug, Subcommand)]
enum TargetOption {
    /// One token
    Token {
        /// Its `jti`; without it the token itself is read from standard input
        jti: Option<String>,
    },
    /// One sign-in
    Session {
        /// `sid`
        id: String,
    },
    /// Everything of one user
    Subject {
        /// `sub`
        id: String,
    },
    /// One device of one user
    Device {
        /// `sub`
        subject: String,
        /// The device
        id: String,
    },
    /// Everything of one client
    Client {
        /// `client_id`
        id: String,
    },
    /// Every token with this value in this claim: a role, a group, a tenant
    Claim {
        /// The claim
        name: String,
        /// The value
        value: String,
    },
    /// Everything that one key signed
    Key {
        /// `kid`
        id: String,
    },
    /// Everything of an issuer
    Issuer {
        /// `iss`
        id: String,
    },
    /// Nothing: take one revocation back, where it was made a short while ago
    Undo {
        /// Its position in the log
        position: u64,
    },
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum EffectOption {
    /// Sign in again
    #[default]
    End,
    /// Renew silently
    Refresh,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum WaitOption {
    /// It survives a crash
    #[default]
    Durable,
    /// Every verifier refuses, or has fenced itself
    Everywhere,
}

pub(super) async fn run(options: &RevokeOptions, client: Client, output: Output) -> Result<Exit, Failure> {
    let client = client.waiting_for(options.timeout.unwrap_or_default());
    let answer = match &options.target {
        TargetOption::Undo { position } => {
            client.post(&format!("/v1/revocations/{position}/undo"), &undo_body(options)?).await?
        }
        _ => client.post("/v1/revocations", &body(options)?).await?,
    };
    if output.is_json() {
        output.json(&answer);
    } else {
        show(answer, output);
    }
    Ok(Exit::Ok)
}

/// The entry, and below it the verifiers that were waited for, a line each.
fn show(mut answer: Json, output: Output) {
    let mut rows = Vec::new();
    for state in ["applied", "pending", "unfenced"] {
        let verifiers = answer.as_object_mut().and_then(|answer| answer.remove(state));
        let verifiers = verifiers.as_ref().and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        rows.extend(verifiers.iter().map(|verifier| row(verifier, state)));
    }
    let is_complete = answer.get("complete").and_then(Json::as_bool);
    output.object(&answer);
    if !rows.is_empty() {
        output.table(&["verifier", "state", "watermark", "at", "lease_ends_in_ms"], &rows);
    }
    if is_complete == Some(false) {
        output::say("it is durable, and not yet in force everywhere");
    }
}

/// An unfenced verifier is its name alone.
fn row(verifier: &Json, state: &str) -> Vec<String> {
    let member = |name| verifier.get(name).map(cell).unwrap_or_default();
    let name = verifier.as_str().map_or_else(|| member("verifier"), str::to_owned);
    vec![name, state.to_owned(), member("watermark"), member("at"), member("lease_ends_in_ms")]
}

fn duration(text: &str) -> Result<Duration, String> {
    Duration::from_text(text).ok_or_else(|| format!("expected {}", Duration::EXPECTED))
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// What is said of an undo: it narrows nothing and counts nothing.
fn undo_body(options: &RevokeOptions) -> Result<Json, Failure> {
    let narrowed =
        options.except_session.is_some() || options.except_token.is_some() || options.from.is_some();
    let counted = options.dry_run || options.expect_max.is_some();
    if narrowed || counted || options.issuer.is_some() || matches!(options.effect, EffectOption::Refresh) {
        return Err(Failure::local("an undo takes `--reason`, `--wait` and `--timeout` alone"));
    }
    let mut body = Map::new();
    body.insert("reason".to_owned(), json!(options.reason));
    body.insert("wait".to_owned(), json!(word(&options.wait)));
    if let Some(timeout) = options.timeout {
        body.insert("timeout_ms".to_owned(), json!(milliseconds(timeout)));
    }
    Ok(Json::Object(body))
}

/// The request, without what was not said.
fn body(options: &RevokeOptions) -> Result<Json, Failure> {
    let mut target = target(&options.target, std::io::stdin())?;
    if let (Some(object), Some(issuer)) = (target.as_object_mut(), &options.issuer) {
        object.insert("issuer".to_owned(), json!(issuer));
    }
    let mut body = Map::new();
    let mut say = |name: &str, value: Option<Json>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    say("target", Some(target));
    say("effect", Some(json!(word(&options.effect))));
    say("reason", Some(json!(options.reason)));
    say("wait", Some(json!(word(&options.wait))));
    say("except", options.except_session.as_ref().map(|id| json!({ "sid": id })));
    say("except", options.except_token.as_ref().map(|id| json!({ "jti": id })));
    say("window", options.from.as_ref().map(|from| json!({ "from": from, "to": options.to })));
    say("dry_run", options.dry_run.then_some(json!(true)));
    say("expect_max", options.expect_max.map(|count| json!(count)));
    say("timeout_ms", options.timeout.map(|timeout| json!(milliseconds(timeout))));
    Ok(Json::Object(body))
}

fn target(option: &TargetOption, mut input: impl Read) -> Result<Json, Failure> {
    Ok(match option {
        TargetOption::Token { jti: Some(id) } => json!({ "type": "token", "id": id }),
        TargetOption::Token { jti: None } => {
            let mut token = String::new();
            let read = input.read_to_string(&mut token);
            read.map_err(|error| Failure::because("no token on standard input", error))?;
            json!({ "type": "token", "token": token.trim() })
        }
        TargetOption::Session { id } => json!({ "type": "session", "id": id }),
        TargetOption::Subject { id } => json!({ "type": "subject", "id": id }),
        TargetOption::Device { subject, id } => json!({ "type": "device", "subject": subject, "id": id }),
        TargetOption::Client { id } => json!({ "type": "client", "id": id }),
        TargetOption::Claim { name, value } => json!({ "type": "claim", "name": name, "value": value }),
        TargetOption::Key { id } => json!({ "type": "key", "id": id }),
        TargetOption::Issuer { id } => json!({ "type": "issuer", "id": id }),
        TargetOption::Undo { .. } => return Err(Failure::local("an undo has no target")),
    })
}

fn word(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: RevokeOptions,
    }

    fn body_of(arguments: &[&str]) -> Json {
        let line = Line::try_parse_from([&["revoke"], arguments].concat()).expect("arguments");
        body(&line.options).expect("a body")
    }

    #[test]
    fn a_revocation_says_what_was_asked_and_nothing_else() {
        assert_eq!(
            body_of(&["subject", "alice", "--except-session", "ses_1", "--dry-run"]),
            json!({ "target": { "type": "subject", "id": "alice" }, "effect": "end", "reason": "admin",
                    "wait": "durable", "except": { "sid": "ses_1" }, "dry_run": true })
        );
        assert_eq!(
            body_of(&["claim", "role", "admin", "--effect", "refresh", "--issuer", "https://x.example"])["target"],
            json!({ "type": "claim", "name": "role", "value": "admin", "issuer": "https://x.example" })
        );
    }

    #[test]
    fn a_wait_is_a_duration_in_milliseconds() {
        let body = body_of(&["subject", "alice", "--wait", "everywhere", "--timeout", "1m30s"]);
        assert_eq!((&body["wait"], &body["timeout_ms"]), (&json!("everywhere"), &json!(90_000)));
        assert!(Line::try_parse_from(["revoke", "subject", "a", "--timeout", "soon"]).is_err());
    }

    #[test]
    fn a_token_itself_comes_from_standard_input() {
        let read = target(&TargetOption::Token { jti: None }, &b"aaa.bbb.ccc\n"[..]).expect("a target");
        assert_eq!(read, json!({ "type": "token", "token": "aaa.bbb.ccc" }));
    }

    #[test]
    fn an_undo_says_why_and_how_far_and_refuses_what_narrows() {
        // S29
        let undo = |more: &[&str]| {
            let line = Line::try_parse_from([&["revoke", "undo", "1887436800000001"], more].concat())
                .expect("arguments");
            undo_body(&line.options)
        };
        assert_eq!(
            undo(&["--reason", "mistake", "--wait", "everywhere", "--timeout", "2s"]).expect("a body"),
            json!({ "reason": "mistake", "wait": "everywhere", "timeout_ms": 2_000 })
        );
        for more in [&["--dry-run"][..], &["--expect-max", "1"], &["--issuer", "x"], &["--effect", "refresh"]]
        {
            assert!(undo(more).is_err(), "{more:?}");
        }
        assert!(undo(&["--except-session", "ses_1"]).is_err());
    }

    #[test]
    fn half_a_window_is_refused() {
        assert!(Line::try_parse_from(["revoke", "subject", "a", "--from", "2026-01-01T00:00:00Z"]).is_err());
    }
}
