//! Refreshing over HTTP, durable, end to end.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Run;
use crate::http_client::Connection;
use crate::row::{Row, median};
use crate::server::{ADMIN_KEY, Server, stay_on};

const CONNECTIONS: usize = 64;

/// The server has one processor to itself, whoever asks it another one: what it does in a second is what one core
/// does.
pub(super) fn measure(run: &Run) -> anyhow::Result<Vec<Row>> {
    let binary = run.server()?.to_owned();
    let data = run.folder("refresh");
    let (rounds, each) = (run.rounds(), run.size(80, 10));
    // A thread of its own, because what is bound to a processor stays so.
    let figures = std::thread::spawn(move || {
        stay_on(0)?;
        let server = Server::start(&binary, &data, Server::port()?)?;
        stay_on(1).ok();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(measure_rounds(Arc::new(server), rounds, each))
    });
    let figures = figures.join().map_err(|_| anyhow::anyhow!("the load stopped"))??;
    Ok(vec![Row::at_least_absolute(
        "refreshes over HTTP, durable, one server core (per second)",
        median(&figures),
        5_000.0,
    )])
}

async fn measure_rounds(server: Arc<Server>, rounds: usize, each: usize) -> anyhow::Result<Vec<f64>> {
    let mut clients = Vec::new();
    for number in 0..CONNECTIONS {
        clients.push(Client::sign_in(server.connect().await?, number).await?);
    }
    let mut figures = Vec::new();
    // The first round is not counted.
    for round in 0..=rounds {
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for client in clients.drain(..) {
            tasks.spawn(client.refresh(each));
        }
        while let Some(done) = tasks.join_next().await {
            clients.push(done.context("a client stopped")??);
        }
        if round > 0 {
            figures.push((CONNECTIONS * each) as f64 / started.elapsed().as_secs_f64());
        }
    }
    Ok(figures)
}

/// A client with a session of its own.
struct Client {
    connection: Connection,
    refresh_token: String,
}

impl Client {
    async fn sign_in(mut connection: Connection, number: usize) -> anyhow::Result<Self> {
        let request = json!({"subject": format!("usr_{number}"), "client_id": "web"});
        let answer = connection.post_json("/v1/sessions", ADMIN_KEY, &request).await?;
        Ok(Self { refresh_token: refresh_token(&answer)?, connection })
    }

    /// Refreshes `times` times, each time with the token of the time before.
    async fn refresh(mut self, times: usize) -> anyhow::Result<Self> {
        for _ in 0..times {
            let body = format!("grant_type=refresh_token&client_id=web&refresh_token={}", self.refresh_token);
            let answer = self.connection.post_form("/oauth/token", body).await?;
            let successor = refresh_token(&answer)?;
            anyhow::ensure!(successor != self.refresh_token, "the refresh token was not rotated");
            self.refresh_token = successor;
        }
        Ok(self)
    }
}

fn refresh_token(answer: &Value) -> anyhow::Result<String> {
    let token =
        answer.get("refresh_token").and_then(Value::as_str).context("no refresh token in the answer")?;
    Ok(token.to_owned())
}
