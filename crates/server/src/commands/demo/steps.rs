//! The steps of the demo.

use http::{Method, StatusCode};
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use super::process::{DemoDirectory, DemoProcess, ready};
use crate::client::error::ClientError;
use crate::client::{Answer, Client, Payload};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::secret::Secret;

/// How often a token is checked to say how long a check takes.
const CHECKS: u32 = 1000;

/// One step that was done.
pub(super) struct Step {
    pub(super) what: &'static str,
    pub(super) result: String,
    pub(super) ms: f64,
}

/// Does all steps, and says each as it is done.
pub(super) async fn run(output: Output) -> Result<Vec<Step>, Failure> {
    let directory = DemoDirectory::new();
    let server = DemoProcess::server(&directory)?;
    let mut demo = Demo { client: server.client()?, output, steps: Vec::new(), since: Instant::now() };
    ready(&demo.client).await?;
    demo.did("start a server", server.url().to_owned());
    let key = demo.feed_key().await?;
    let edge = DemoProcess::edge(&directory, &server, key)?;
    let edge_client = edge.client()?;
    ready(&edge_client).await?;
    demo.did("start an edge, which follows its feed", edge.url().to_owned());

    let phone = demo.sign_in("alice", "sign alice in on her phone").await?;
    let laptop = demo.sign_in("alice", "sign alice in on her laptop").await?;
    demo.expect(&phone, StatusCode::OK, "check the phone's token for the first time").await?;
    demo.check_often(&phone).await?;
    let renewed = demo.renew(&laptop).await?;

    demo.log_out(&phone).await?;
    demo.expect(&phone, StatusCode::UNAUTHORIZED, "the phone is refused").await?;
    demo.expect(&renewed, StatusCode::OK, "the laptop is not").await?;

    demo.expect_at(&edge_client, &renewed, StatusCode::OK, "the edge accepts the laptop, too").await?;
    demo.revoke_all("alice").await?;
    demo.expect_at(&edge_client, &renewed, StatusCode::UNAUTHORIZED, "the laptop is refused at the edge")
        .await?;
    demo.expect(&renewed, StatusCode::UNAUTHORIZED, "and at the server").await?;
    let again = demo.sign_in("alice", "sign alice in again, in the same second").await?;
    demo.expect(&again, StatusCode::OK, "the new sign-in is accepted").await?;
    Ok(demo.steps)
}

/// What a sign-in or a renewal gave.
struct Tokens {
    access: String,
    refresh: String,
}

struct Demo {
    client: Client,
    output: Output,
    steps: Vec<Step>,
    since: Instant,
}

impl Demo {
    /// Notes a step with the time since the step before.
    fn did(&mut self, what: &'static str, result: String) {
        let ms = self.since.elapsed().as_secs_f64() * 1000.0;
        if !self.output.is_json() {
            self.output.line(&format!("{ms:>9.2} ms  {}  {result}", self.output.bold(what)));
        }
        self.steps.push(Step { what, result, ms });
        self.since = Instant::now();
    }

    async fn sign_in(&mut self, subject: &str, what: &'static str) -> Result<Tokens, Failure> {
        let body = json!({ "subject": subject, "client_id": "web" });
        let answer = self.client.post("/v1/sessions", &body).await?;
        self.did(what, text(&answer, "session_id")?);
        tokens(&answer)
    }

    /// The key of a credential that may follow the feed.
    async fn feed_key(&self) -> Result<Secret, Failure> {
        let body = json!({ "name": "edge", "roles": ["verifier"] });
        let answer = self.client.post("/v1/credentials", &body).await?;
        Ok(Secret::new(text(&answer, "key")?.into_bytes()))
    }

    async fn expect(
        &mut self,
        tokens: &Tokens,
        expected: StatusCode,
        what: &'static str,
    ) -> Result<(), Failure> {
        let answer = self.check(tokens).await?;
        self.expected(&answer, expected, what)
    }

    async fn expect_at(
        &mut self,
        edge: &Client,
        tokens: &Tokens,
        expected: StatusCode,
        what: &'static str,
    ) -> Result<(), Failure> {
        let answer = edge.send(Method::GET, "/auth/check", Payload::None, Some(&tokens.access)).await?;
        self.expected(&answer, expected, what)
    }

    fn expected(&mut self, answer: &Answer, expected: StatusCode, what: &'static str) -> Result<(), Failure> {
        if answer.status != expected {
            return Err(ClientError::refused(answer).into());
        }
        self.did(what, answer.status.to_string());
        Ok(())
    }

    async fn check_often(&mut self, tokens: &Tokens) -> Result<(), Failure> {
        for _ in 0..CHECKS {
            self.check(tokens).await?;
        }
        let each = self.since.elapsed() / CHECKS;
        self.did("check it a thousand times more", format!("{} us each, over HTTP", each.as_micros()));
        Ok(())
    }

    async fn check(&self, tokens: &Tokens) -> Result<Answer, ClientError> {
        self.client.send(Method::GET, "/auth/check", Payload::None, Some(&tokens.access)).await
    }

    async fn renew(&mut self, tokens_before: &Tokens) -> Result<Tokens, Failure> {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", "web"),
            ("refresh_token", &tokens_before.refresh),
        ];
        let answer = self.client.send(Method::POST, "/oauth/token", Payload::Form(&fields), None).await?;
        if !answer.status.is_success() {
            return Err(ClientError::refused(&answer).into());
        }
        self.did("renew the laptop's tokens", answer.status.to_string());
        tokens(&answer.body)
    }

    async fn log_out(&mut self, tokens: &Tokens) -> Result<(), Failure> {
        let payload = Payload::Json(&Json::Object(serde_json::Map::new()));
        let answer = self.client.send(Method::POST, "/v1/logout", payload, Some(&tokens.access)).await?;
        if !answer.status.is_success() {
            return Err(ClientError::refused(&answer).into());
        }
        self.did("log out on the phone", answer.status.to_string());
        Ok(())
    }

    async fn revoke_all(&mut self, subject: &str) -> Result<(), Failure> {
        let target = json!({ "type": "subject", "id": subject });
        let body = json!({ "target": target, "wait": "everywhere" });
        let answer = self.client.post("/v1/revocations", &body).await?;
        let position = answer.get("position").unwrap_or(&Json::Null);
        let edges = answer.get("applied").and_then(Json::as_array).map_or(0, Vec::len);
        self.did(
            "sign alice out everywhere: one durable entry",
            format!("position {position}, in force at {edges} edge"),
        );
        Ok(())
    }
}

fn tokens(answer: &Json) -> Result<Tokens, Failure> {
    Ok(Tokens { access: text(answer, "access_token")?, refresh: text(answer, "refresh_token")? })
}

fn text(answer: &Json, name: &str) -> Result<String, Failure> {
    let found = answer.get(name).and_then(Json::as_str).map(str::to_owned);
    found.ok_or_else(|| Failure { exit: Exit::Refused, message: format!("the answer has no `{name}`") })
}
