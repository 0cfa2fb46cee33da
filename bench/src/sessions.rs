//! Sessions of a server, opened and ended over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::http_client::Connection;
use crate::server::{ADMIN_KEY, Server};

/// How many callers a server has at once.
pub const CALLERS: usize = 64;

/// A session and a token of it.
#[derive(Clone, Debug)]
pub struct Opened {
    /// `sid`.
    pub session: String,
    /// The access token.
    pub token: String,
}

/// Opens `count` sessions.
pub async fn open_many(server: &Server, count: usize) -> anyhow::Result<Vec<Opened>> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..CALLERS.min(count) {
        let (mut connection, next) = (server.connect().await?, Arc::clone(&next));
        tasks.spawn(async move {
            let mut opened = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return anyhow::Ok(opened);
                }
                opened.push(open(&mut connection, number).await?);
            }
        });
    }
    let mut all = Vec::new();
    while let Some(opened) = tasks.join_next().await {
        all.extend(opened??);
    }
    Ok(all)
}

async fn open(connection: &mut Connection, number: usize) -> anyhow::Result<Opened> {
    let request = json!({"subject": format!("usr_{number}"), "client_id": "web", "scope": "read write"});
    let answer = connection.post_json("/v1/sessions", ADMIN_KEY, &request).await?;
    let text = |name: &str| {
        let text = answer.get(name).and_then(Value::as_str);
        text.map(str::to_owned).with_context(|| format!("no `{name}` in the answer"))
    };
    Ok(Opened { session: text("session_id")?, token: text("access_token")? })
}

/// Ends a session: returns when that is durable, or when everybody knows it, as `wait` says.
pub async fn revoke(connection: &mut Connection, session: &str, wait: &str) -> anyhow::Result<Value> {
    let target = json!({"type": "session", "id": session});
    let request = json!({"target": target, "wait": wait, "timeout_ms": 60_000});
    connection.post_json("/v1/revocations", ADMIN_KEY, &request).await
}
