//! Design, "Command line": the real binary, asked by scripts.

use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;

const KEY: &str = "0123456789abcdef0123456789abcdef";
const OK: i32 = 0;
const LOCAL: i32 = 1;
const REFUSED: i32 = 2;
const INVALID_TOKEN: i32 = 3;

/// The binary without any variable of the project.
fn quash(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quash"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn exit(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

/// A server that notes what it is asked, and answers what `answer` says.
async fn stub(answer: fn() -> Response) -> (String, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&asked);
    let router = Router::new().fallback(any(async move |request: Request| {
        let (head, body) = request.into_parts();
        let bearer = head.headers.get("authorization").map_or("-", |value| value.to_str().unwrap());
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        notes.lock().unwrap().push(format!("{} {} {bearer} {}", head.method, head.uri, text(&body)));
        answer()
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    (url, asked)
}

/// Runs `command` beside the stub.
async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_revocation_is_sent_with_the_key_of_the_environment() {
    let (url, asked) = stub(|| Json(json!({ "position": 7, "complete": true })).into_response()).await;
    let mut command = quash(&["revoke", "subject", "alice", "--url", &url]);
    command.env("QUASH_ADMIN_KEY", KEY);
    let output = run(command).await;
    assert_eq!(exit(&output), OK, "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("position  7"), "{}", text(&output.stdout));
    let asked = asked.lock().unwrap().join("\n");
    assert!(asked.starts_with(&format!("POST /v1/revocations Bearer {KEY} {{")), "{asked}");
    assert!(asked.contains(r#""target":{"id":"alice","type":"subject"}"#), "{asked}");
}

#[tokio::test]
async fn a_revocation_everywhere_lists_the_verifiers_and_says_when_one_is_missing() {
    let (url, asked) = stub(|| {
        let answer = json!({
            "position": 7,
            "matched_sessions": null,
            "complete": false,
            "applied": [{ "verifier": "edge-1", "watermark": 7, "at": "2027-01-15T08:00:00Z" }],
            "pending": [{ "verifier": "edge-2", "lease_ends_in_ms": 1200 }],
            "unfenced": ["lax"],
        });
        Json(answer).into_response()
    })
    .await;
    let arguments = ["revoke", "subject", "alice", "--wait", "everywhere", "--timeout", "5s", "--url", &url];
    let output = run(quash(&arguments)).await;
    assert_eq!(exit(&output), OK, "the entry is durable: {}", text(&output.stderr));
    let lines = text(&output.stdout);
    for (name, state) in [("edge-1", "applied"), ("edge-2", "pending"), ("lax", "unfenced")] {
        assert!(lines.lines().any(|line| line.starts_with(name) && line.contains(state)), "{lines}");
    }
    assert_eq!(text(&output.stderr), "it is durable, and not yet in force everywhere\n");
    let sent = asked.lock().unwrap().join("\n");
    assert!(sent.contains(r#""wait":"everywhere""#) && sent.contains(r#""timeout_ms":5000"#), "{sent}");
    let output = run(quash(&["revoke", "subject", "alice", "-o", "json", "--url", &url])).await;
    assert_eq!(
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["pending"][0]["verifier"],
        "edge-2"
    );
}

#[tokio::test]
async fn verifiers_are_listed_in_a_table_with_the_way_to_the_next_page() {
    let (url, asked) = stub(|| {
        let verifier = json!({
            "verifier": "edge-1", "instance": "01".repeat(16), "watermark": 7, "lag": 2,
            "acknowledged_at": "2027-01-15T08:00:00Z", "connected": true, "lease_ends_in_ms": 9900,
            "unfenced": false, "relay": true,
        });
        Json(json!({ "items": [verifier], "next_cursor": "01".repeat(16) })).into_response()
    })
    .await;
    let output = run(quash(&["verifiers", "--limit", "1", "--url", &url])).await;
    assert_eq!(exit(&output), OK, "{}", text(&output.stderr));
    let lines = text(&output.stdout);
    assert!(lines.starts_with("VERIFIER") && lines.contains("edge-1") && lines.contains("9900"), "{lines}");
    assert_eq!(text(&output.stderr), format!("more: --cursor {}\n", "01".repeat(16)));
    assert!(asked.lock().unwrap()[0].starts_with("GET /v1/verifiers?limit=1 "));
    let output = run(quash(&["verifiers", "-o", "json", "--url", &url])).await;
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["items"][0]["lag"], 2);
}

#[tokio::test]
async fn sessions_are_searched_for_by_everything_that_the_server_takes() {
    // S31
    let (url, asked) = stub(|| Json(json!({ "items": [], "next_cursor": "abc" })).into_response()).await;
    let words = [
        "sessions",
        "list",
        "--subject",
        "alice",
        "--device",
        "tv",
        "--client",
        "web",
        "--ip",
        "192.0.2.0/24",
        "--place",
        "Vienna, AT",
        "--last-seen-after",
        "2026-01-01T00:00:00Z",
        "--last-seen-before",
        "2026-02-01T00:00:00Z",
        "--jti",
        "tok_1",
        "--state",
        "ended",
        "--cursor",
        "xyz",
        "--limit",
        "7",
        "--url",
        &url,
    ];
    let output = run(quash(&words)).await;
    assert_eq!(exit(&output), OK, "{}", text(&output.stderr));
    let expected = "GET /v1/sessions?subject=alice&device_id=tv&client_id=web&ip=192.0.2.0%2F24&place=Vienna%2C+AT\
        &last_seen_after=2026-01-01T00%3A00%3A00Z&last_seen_before=2026-02-01T00%3A00%3A00Z&jti=tok_1&state=ended\
        &cursor=xyz&limit=7 ";
    let asked = asked.lock().unwrap();
    assert!(asked[0].starts_with(expected), "{asked:?}");
    assert_eq!(text(&output.stderr), "more: --cursor abc\n");
}

#[tokio::test]
async fn a_refusal_is_told_in_one_line_and_ends_with_2() {
    let (url, _) = stub(|| {
        let problem = json!({ "title": "Forbidden", "status": 403, "reason": "role_missing", "detail": "this key may not revoke" });
        (StatusCode::FORBIDDEN, Json(problem)).into_response()
    })
    .await;
    let output = run(quash(&["sessions", "end", "ses/1", "--url", &url])).await;
    assert_eq!(exit(&output), REFUSED);
    assert_eq!(
        text(&output.stderr),
        "quash: the server refused (403): this key may not revoke; reason: role_missing\n"
    );
}

#[tokio::test]
async fn an_inactive_token_ends_with_3_and_why_says_what_to_do() {
    let (url, asked) = stub(|| Json(json!({ "active": false })).into_response()).await;
    let output = run(quash(&["token", "verify", "a.b.c", "--url", &url, "-o", "json"])).await;
    assert_eq!(exit(&output), INVALID_TOKEN);
    assert_eq!(
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap(),
        json!({ "active": false })
    );
    assert_eq!(asked.lock().unwrap().as_slice(), ["POST /oauth/introspect - token=a.b.c"]);

    let (url, asked) = stub(|| {
        let challenge =
            r#"Bearer realm="quash", error="invalid_token", reason="logged_out", remedy="sign_in""#;
        (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge)]).into_response()
    })
    .await;
    let output = run(quash(&["token", "why", "a.b.c", "--url", &url])).await;
    assert_eq!(exit(&output), INVALID_TOKEN);
    let shown = text(&output.stdout);
    assert!(shown.contains("logged_out") && shown.contains("sign in again"), "{shown}");
    assert_eq!(asked.lock().unwrap().as_slice(), ["GET /auth/check Bearer a.b.c "]);
}

#[test]
fn a_server_that_is_not_there_ends_with_1() {
    let output = quash(&["keys", "list", "--url", "http://127.0.0.1:1"]).output().unwrap();
    assert_eq!(exit(&output), LOCAL);
    assert!(text(&output.stderr).starts_with("quash: no answer from http://127.0.0.1:1: "));
}

#[test]
fn a_key_does_not_travel_over_plain_http_to_another_machine() {
    let mut command = quash(&["keys", "list", "--url", "http://192.0.2.1:7070"]);
    let output = command.env("QUASH_ADMIN_KEY", KEY).output().unwrap();
    assert_eq!(exit(&output), LOCAL);
    assert!(text(&output.stderr).contains("would travel over plain HTTP"), "{}", text(&output.stderr));
}

#[test]
fn a_token_is_not_read_without_checking_it_unless_that_is_said() {
    let token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln";
    let refused = quash(&["token", "inspect", token]).output().unwrap();
    assert_eq!(exit(&refused), LOCAL);
    let shown = quash(&["token", "inspect", "--insecure", token]).output().unwrap();
    assert_eq!(exit(&shown), OK);
    let value: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(value["claims"]["sub"], "a");
    let broken = quash(&["token", "inspect", "--insecure", "a.b.c"]).output().unwrap();
    assert_eq!(exit(&broken), INVALID_TOKEN);
}

#[test]
fn wrong_arguments_end_with_1_and_help_with_0() {
    assert_eq!(exit(&quash(&["frobnicate"]).output().unwrap()), LOCAL);
    let help = quash(&["--help"]).output().unwrap();
    assert_eq!(exit(&help), OK);
    assert!(text(&help.stdout).contains("Usage: quash"));
}

#[test]
fn the_configuration_is_checked_and_shown_with_origins() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("quash.toml");
    std::fs::write(&file, "[server]\npublic_url = \"https://a.example\"\n[tokens]\nleeway = \"5m\"\n")
        .unwrap();
    let path = file.to_str().unwrap();
    let wrong = quash(&["config", "check", "--config", path]).output().unwrap();
    assert_eq!(exit(&wrong), LOCAL);
    assert!(
        text(&wrong.stderr).contains(&format!("{path}:4: tokens.leeway: found \"5m\", expected 0s to 1m"))
    );

    let mut command = quash(&["config", "show", "--origin", "--config", path, "--listen", "127.0.0.1:1"]);
    let shown = text(&command.env("QUASH_TOKENS_LEEWAY", "7s").output().unwrap().stdout);
    for expected in [
        "\"7s\"",
        "env QUASH_TOKENS_LEEWAY",
        "flag --listen",
        &format!("{path}:2"),
        "default",
        "\"https://a.example\"",
    ] {
        assert!(shown.contains(expected), "{expected} is not in {shown}");
    }
    assert!(!shown.contains('\u{1b}'), "no colour where there is no terminal");
}

#[test]
fn without_a_configuration_the_way_out_is_told_once() {
    let hint = "give `--config FILE`, or `--dev`";
    for arguments in [&["config", "show"][..], &["doctor", "--url", "http://127.0.0.1:1"]] {
        let output = quash(arguments).output().unwrap();
        let said = text(&output.stdout) + &text(&output.stderr);
        assert_eq!((exit(&output), said.matches(hint).count()), (LOCAL, 1), "{arguments:?}: {said}");
    }
    let shown = quash(&["config", "show", "--dev"]).output().unwrap();
    assert_eq!((exit(&shown), text(&shown.stderr).contains(hint)), (OK, false));
    let wrong = quash(&["config", "show", "--dev", "--listen", "nowhere"]).output().unwrap();
    assert_eq!((exit(&wrong), text(&wrong.stderr).contains(hint)), (LOCAL, false));
}

#[test]
fn serve_refuses_to_start_without_an_admin_key() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = quash(&["serve", "--data", directory.path().to_str().unwrap()]);
    let output = command.env("QUASH_SERVER_PUBLIC_URL", "https://a.example").output().unwrap();
    assert_eq!(exit(&output), LOCAL);
    assert!(text(&output.stderr).contains("there is no admin key"), "{}", text(&output.stderr));
}
