//! A server process: started on a free loopback port over a directory, stopped by its process id.

use std::fs::File;
use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value as Json;

use super::answer::Answer;

/// The admin key of every server here.
pub(crate) const ADMIN_KEY: &str = "an-admin-key-for-tests-only-0123456789";

/// The issuer of every server here: the same one on whatever port a restart finds free.
pub(crate) const ISSUER: &str = "https://quash.test";

/// How long a start may take before the test gives up. No claim about how long it does take.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);

/// A running server. Killed when dropped.
pub(crate) struct Running {
    process: Child,
    pub(crate) url: String,
    agent: ureq::Agent,
    log: PathBuf,
}

impl Running {
    /// `serve --dev` over `data`.
    pub(crate) fn dev(data: &Path) -> Self {
        Self::start(data, &["--dev"], None)
    }

    /// `serve --dev` over `data` with the configuration `text` besides.
    pub(crate) fn configured(data: &Path, text: &str) -> Self {
        let file = data.join("quash.toml");
        std::fs::create_dir_all(data).unwrap();
        std::fs::write(&file, text).unwrap();
        Self::start(data, &["--dev", "--config", file.to_str().unwrap()], None)
    }

    /// `serve` with these arguments; with a limit on the size of any file it writes, in KiB.
    pub(crate) fn start(data: &Path, arguments: &[&str], file_limit_kib: Option<u32>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        Self::start_at(address, data, arguments, file_limit_kib)
    }

    /// `serve --dev` over `data` at `address`, with the configuration `text` besides.
    pub(crate) fn at(address: SocketAddr, data: &Path, text: &str) -> Self {
        let file = data.join("quash.toml");
        std::fs::create_dir_all(data).unwrap();
        std::fs::write(&file, text).unwrap();
        Self::start_at(address, data, &["--dev", "--config", file.to_str().unwrap()], None)
    }

    fn start_at(address: SocketAddr, data: &Path, arguments: &[&str], file_limit_kib: Option<u32>) -> Self {
        std::fs::create_dir_all(data).unwrap();
        let binary = env!("CARGO_BIN_EXE_quash");
        let mut command = match file_limit_kib {
            None => Command::new(binary),
            Some(limit) => {
                // The signal that comes with the limit is ignored, so that writes fail as on a full disk.
                let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", limit * 2);
                let mut shell = Command::new("sh");
                shell.args(["-c", &script, binary]);
                shell
            }
        };
        let log = data.join("stderr.log");
        let output = File::options().create(true).append(true).open(&log).unwrap();
        let process = command
            .arg("serve")
            .args(arguments)
            .args(["--listen", &address.to_string(), "--data"])
            .arg(data)
            .env("QUASH_ADMIN_KEY", ADMIN_KEY)
            .env("QUASH_TOKENS_ISSUER", ISSUER)
            .env("QUASH_LOG", "debug")
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let running = Self { process, url: format!("http://{address}"), agent: config.into(), log };
        running.wait_until_ready()
    }

    fn wait_until_ready(mut self) -> Self {
        let mut patience = PATIENCE;
        loop {
            if let Ok(answer) = self.agent.get(format!("{}/readyz", self.url)).call()
                && answer.status() == 200
            {
                return self;
            }
            if let Some(status) = self.process.try_wait().unwrap() {
                panic!("the server ended with {status}: {}", self.log());
            }
            patience = patience.checked_sub(PAUSE).unwrap_or_else(|| panic!("not ready: {}", self.log()));
            std::thread::sleep(PAUSE);
        }
    }

    /// Everything the process wrote so far.
    pub(crate) fn log(&self) -> String {
        let mut text = String::new();
        File::open(&self.log).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to stop, and waits until it did.
    pub(crate) fn stop(mut self) {
        let process = rustix::process::Pid::from_raw(self.id().cast_signed()).unwrap();
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
        assert!(self.process.wait().unwrap().success(), "{}", self.log());
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// A POST with the admin key.
    pub(crate) fn post(&self, path: &str, body: &Json) -> Answer {
        self.try_post(path, body).unwrap()
    }

    /// A POST with the admin key, which the server may not live to answer.
    pub(crate) fn try_post(&self, path: &str, body: &Json) -> Result<Answer, ureq::Error> {
        let request = self.agent.post(format!("{}{path}", self.url));
        request.header("Authorization", format!("Bearer {ADMIN_KEY}")).send_json(body).map(Answer::read)
    }

    /// A PUT with the admin key.
    pub(crate) fn put(&self, path: &str, body: &Json) -> Answer {
        let request = self.agent.put(format!("{}{path}", self.url));
        Answer::read(request.header("Authorization", format!("Bearer {ADMIN_KEY}")).send_json(body).unwrap())
    }

    /// A GET with the admin key.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.get_with(path, ADMIN_KEY)
    }

    /// A GET with some bearer token.
    pub(crate) fn get_with(&self, path: &str, bearer: &str) -> Answer {
        let request = self.agent.get(format!("{}{path}", self.url));
        Answer::read(request.header("Authorization", format!("Bearer {bearer}")).call().unwrap())
    }

    /// A DELETE with the admin key: its status.
    pub(crate) fn delete(&self, path: &str) -> u16 {
        self.delete_with(path, ADMIN_KEY)
    }

    /// A DELETE with the admin key: the whole answer.
    pub(crate) fn delete_answer(&self, path: &str) -> Answer {
        let request = self.agent.delete(format!("{}{path}", self.url));
        Answer::read(request.header("Authorization", format!("Bearer {ADMIN_KEY}")).call().unwrap())
    }

    /// A DELETE with some bearer token: its status.
    pub(crate) fn delete_with(&self, path: &str, bearer: &str) -> u16 {
        let request = self.agent.delete(format!("{}{path}", self.url));
        request.header("Authorization", format!("Bearer {bearer}")).call().unwrap().status().as_u16()
    }

    /// The feed as JSON, open until it is dropped.
    pub(crate) fn watch(&self) -> ureq::http::Response<ureq::Body> {
        let request = self.agent.get(format!("{}/v1/feed", self.url));
        request.header("Authorization", format!("Bearer {ADMIN_KEY}")).call().unwrap()
    }

    /// A POST without a body, with some bearer token.
    pub(crate) fn post_with(&self, path: &str, bearer: &str) -> Answer {
        let request = self.agent.post(format!("{}{path}", self.url));
        Answer::read(request.header("Authorization", format!("Bearer {bearer}")).send_empty().unwrap())
    }

    /// A form, as OAuth clients send it.
    pub(crate) fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.agent.post(format!("{}{path}", self.url));
        Answer::read(request.send_form(fields.iter().copied()).unwrap())
    }

    /// A sign-in of `subject` at the client `web`.
    pub(crate) fn sign_in(&self, subject: &str) -> Json {
        let answer = self.post("/v1/sessions", &serde_json::json!({"subject": subject, "client_id": "web"}));
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body
    }

    /// What `/auth/check` says of `token`.
    pub(crate) fn check(&self, token: &str) -> u16 {
        self.get_with("/auth/check", token).status
    }

    /// What `/oauth/introspect` says of `token`, asked with the admin key.
    pub(crate) fn introspect(&self, token: &str) -> Json {
        let request = self.agent.post(format!("{}/oauth/introspect", self.url));
        let request = request.header("Authorization", format!("Bearer {ADMIN_KEY}"));
        let answer = Answer::read(request.send_form([("token", token)]).unwrap());
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// One use of a refresh token by the client `web`.
    pub(crate) fn refresh(&self, token: &str) -> Answer {
        self.refresh_as("web", token)
    }

    /// One use of a refresh token by a public client.
    pub(crate) fn refresh_as(&self, client: &str, token: &str) -> Answer {
        let fields = [("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", token)];
        self.form("/oauth/token", &fields)
    }

    /// A revocation of `target`, acknowledged.
    pub(crate) fn revoke(&self, target: &Json) -> Answer {
        let answer = self.post("/v1/revocations", &serde_json::json!({"target": target}));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
