//! The processes that the demo starts: this very program, with directories that go away.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use http::Method;

use crate::client::{Client, Payload};
use crate::config::admin::ADMIN_KEY_VARIABLE;
use crate::config::edge::FEED_KEY_VARIABLE;
use crate::config::sources::PREFIX;
use crate::dev::random_key;
use crate::exit::Failure;
use crate::outgoing_tls;
use crate::secret::Secret;

/// How long a process may take to be ready.
const START: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);

/// Where the processes keep their data; removed when dropped, after they were.
pub(super) struct DemoDirectory(PathBuf);

/// A running process; stopped when dropped.
pub(super) struct DemoProcess {
    process: Child,
    url: String,
    key: Secret,
}

impl DemoDirectory {
    /// A directory of this run alone. The first process that uses it makes it.
    pub(super) fn new() -> Self {
        Self(std::env::temp_dir().join(format!("quash-demo-{}", std::process::id())))
    }

    fn of(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl DemoProcess {
    /// Starts a server; it may not be ready yet.
    pub(super) fn server(directory: &DemoDirectory) -> Result<Self, Failure> {
        let key = random_key()?;
        Self::start(&["serve", "--dev"], &directory.of("server"), (ADMIN_KEY_VARIABLE, key))
    }

    /// Starts an edge that follows `server` with `key`; it may not be ready yet.
    pub(super) fn edge(directory: &DemoDirectory, server: &Self, key: Secret) -> Result<Self, Failure> {
        let arguments = ["edge", "--authority", &server.url];
        Self::start(&arguments, &directory.of("edge"), (FEED_KEY_VARIABLE, key))
    }

    fn start(arguments: &[&str], data: &Path, key: (&str, Secret)) -> Result<Self, Failure> {
        let address = free_address().map_err(|error| Failure::because("no free port", error))?;
        let program = std::env::current_exe().map_err(|error| Failure::because("this program", error))?;
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with(PREFIX)) {
                command.env_remove(name);
            }
        }
        let (variable, key) = key;
        let process = command
            .args(arguments)
            .args(["--listen", &address, "--data"])
            .arg(data)
            .env(variable, key.as_key().unwrap_or_default())
            .env("QUASH_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| Failure::because("a process can not be started", error))?;
        Ok(Self { process, url: format!("http://{address}"), key })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// A client that speaks with it, and has its key.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        let tls = outgoing_tls::trusting(None).map_err(|error| Failure::because("certificates", error))?;
        Ok(Client::new(&self.url, Some(self.key.clone()), tls))
    }
}

/// Returns once whoever `client` speaks with is ready.
pub(super) async fn ready(client: &Client) -> Result<(), Failure> {
    let asking = async {
        while !client
            .send(Method::GET, "/readyz", Payload::None, None)
            .await
            .is_ok_and(|answer| answer.status.is_success())
        {
            tokio::time::sleep(PAUSE).await;
        }
    };
    let waited = tokio::time::timeout(START, asking).await;
    waited.map_err(|_| Failure::local("a process did not become ready within 30 s"))
}

impl Drop for DemoProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for DemoDirectory {
    fn drop(&mut self) {
        // What is left behind then lies in the directory for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An address that nobody listens on right now.
fn free_address() -> std::io::Result<String> {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(socket.local_addr()?.to_string())
}
