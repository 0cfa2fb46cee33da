//! An edge as a process: on a free loopback port, over a directory, stopped by its process id.

use std::fs::File;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::authority::{Authority, free_address};
use super::until::{until, until_is};
use crate::process::answer::Answer;

/// How an edge is to be.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) authority: Vec<String>,
    pub(crate) key: String,
    pub(crate) max_staleness: &'static str,
    /// More lines of its configuration.
    pub(crate) more: String,
}

/// An edge. Its port and its data outlive its process.
pub(crate) struct Edge {
    plan: Plan,
    process: Option<Child>,
    pub(crate) address: SocketAddr,
    data: TempDir,
    agent: ureq::Agent,
}

impl Plan {
    /// One that follows `authority`.
    pub(crate) fn of(name: &'static str, authority: &Authority) -> Self {
        Self {
            name,
            authority: vec![authority.url()],
            key: authority.key.clone(),
            max_staleness: "10s",
            more: String::new(),
        }
    }

    pub(crate) fn stale_after(self, max_staleness: &'static str) -> Self {
        Self { max_staleness, ..self }
    }

    pub(crate) fn more(self, more: &str) -> Self {
        Self { more: more.to_owned(), ..self }
    }

    /// Follows `edge` in place of the authority.
    pub(crate) fn through(self, edge: &Edge) -> Self {
        Self { authority: vec![format!("http://{}", edge.address)], ..self }
    }

    /// Starts it, and waits until it is ready.
    pub(crate) fn start(self) -> Edge {
        let edge = self.launch();
        edge.wait_until_ready();
        edge
    }

    /// Starts it, and waits until it answers anything at all.
    pub(crate) fn launch(self) -> Edge {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let data = tempfile::tempdir().unwrap();
        let mut edge = Edge { plan: self, process: None, address: free_address(), data, agent };
        edge.restart();
        edge
    }
}

impl Edge {
    /// Starts the process again, over the same directory and on the same port; answers when this returns.
    pub(crate) fn restart(&mut self) {
        let file = self.data.path().join("edge.toml");
        std::fs::write(&file, format!("[edge]\nname = \"{}\"\n{}", self.plan.name, self.plan.more)).unwrap();
        let output = File::options().create(true).append(true).open(self.log_path()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_quash"));
        command.arg("edge").arg("--config").arg(&file);
        for url in &self.plan.authority {
            command.args(["--authority", url]);
        }
        let process = command
            .args(["--listen", &self.address.to_string(), "--max-staleness", self.plan.max_staleness])
            .arg("--data")
            .arg(self.data.path().join("state"))
            .env("QUASH_FEED_KEY", &self.plan.key)
            // None of its business.
            .env("QUASH_ADMIN_KEY", "short")
            .env("QUASH_LOG", "debug")
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        self.process = Some(process);
        until(&format!("{} answers: {}", self.plan.name, self.log()), || {
            let ended = self.process.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "{} ended: {}", self.plan.name, self.log());
            self.agent.get(self.url("/healthz")).call().ok()
        });
    }

    fn log_path(&self) -> std::path::PathBuf {
        self.data.path().join("stderr.log")
    }

    /// Everything that the process wrote.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn name(&self) -> &'static str {
        self.plan.name
    }

    pub(crate) fn wait_until_ready(&self) {
        until_is(&format!("{} is ready", self.plan.name), 200, || self.ready());
    }

    pub(crate) fn ready(&self) -> u16 {
        self.agent.get(self.url("/readyz")).call().map_or(0, |answer| answer.status().as_u16())
    }

    /// The answer to `/auth/check`.
    pub(crate) fn answer(&self, token: &str) -> Answer {
        let request = self.agent.get(self.url("/auth/check"));
        Answer::read(request.header("Authorization", format!("Bearer {token}")).call().unwrap())
    }

    pub(crate) fn check(&self, token: &str) -> u16 {
        self.answer(token).status
    }

    /// What introspection says with the edge's own key: status, and body.
    pub(crate) fn introspect(&self, token: &str) -> (u16, Json) {
        self.introspect_as(&format!("Bearer {}", self.plan.key), token)
    }

    /// The same to somebody else: the value of the `Authorization` header.
    pub(crate) fn introspect_as(&self, authorization: &str, token: &str) -> (u16, Json) {
        let request = self.agent.post(self.url("/oauth/introspect"));
        let request = request.header("Authorization", authorization);
        let answer = Answer::read(request.send_form([("token", token)]).unwrap());
        (answer.status, answer.body)
    }

    /// Its metrics, read with the edge's own key.
    pub(crate) fn metrics(&self) -> String {
        let request = self.agent.get(self.url("/metrics"));
        let request = request.header("Authorization", format!("Bearer {}", self.plan.key));
        let page = Answer::read(request.call().unwrap());
        assert_eq!(page.status, 200, "{page:?}");
        page.text
    }

    /// A figure of its metrics, zero where it is not told.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let page = self.metrics();
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }

    /// Both ways to ask agree that the token is refused.
    #[track_caller]
    pub(crate) fn assert_refuses(&self, token: &str) {
        assert_eq!(self.check(token), 401, "{}", self.plan.name);
        assert_eq!(self.introspect(token), (200, json!({"active": false})), "{}", self.plan.name);
    }

    /// Both ways to ask agree that the token is accepted.
    #[track_caller]
    pub(crate) fn assert_accepts(&self, token: &str) {
        let answer = self.answer(token);
        assert_eq!(answer.status, 200, "{}: {answer:?}", self.plan.name);
        assert_eq!(self.introspect(token).1["active"], true, "{}", self.plan.name);
    }

    /// SIGSTOP: it stands still and keeps everything.
    pub(crate) fn freeze(&self) {
        kill_process(self.id(), Signal::STOP).unwrap();
    }

    /// SIGCONT.
    pub(crate) fn thaw(&self) {
        kill_process(self.id(), Signal::CONT).unwrap();
    }

    /// Asks it to stop, and waits until it did.
    pub(crate) fn stop(&mut self) {
        kill_process(self.id(), Signal::TERM).unwrap();
        let ended = self.process.take().unwrap().wait().unwrap();
        assert!(ended.success(), "{ended}: {}", self.log());
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    fn id(&self) -> Pid {
        Pid::from_raw(self.process.as_ref().unwrap().id().cast_signed()).unwrap()
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
