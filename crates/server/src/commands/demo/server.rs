//! The server that the demo starts: this very program, with a data directory that goes away.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use http::Method;

use crate::client::{Client, Payload};
use crate::config::admin::ADMIN_KEY_VARIABLE;
use crate::config::sources::PREFIX;
use crate::dev::random_key;
use crate::exit::Failure;
use crate::outgoing_tls;
use crate::secret::Secret;

/// How long the server may take to be ready.
const START: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);

/// A running server; stopped and removed when dropped.
pub(super) struct DemoServer {
    process: Child,
    directory: PathBuf,
    url: String,
    key: Secret,
}

impl DemoServer {
    /// Starts the process; it may not be ready yet.
    pub(super) fn start() -> Result<Self, Failure> {
        let key = random_key()?;
        let text = key.as_key().unwrap_or_default();
        let address = free_address().map_err(|error| Failure::because("no free port", error))?;
        let directory = std::env::temp_dir().join(format!("quash-demo-{}", std::process::id()));
        let program = std::env::current_exe().map_err(|error| Failure::because("this program", error))?;
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with(PREFIX)) {
                command.env_remove(name);
            }
        }
        let process = command
            .args(["serve", "--dev", "--listen", &address, "--data"])
            .arg(&directory)
            .env(ADMIN_KEY_VARIABLE, text)
            .env("QUASH_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| Failure::because("the server can not be started", error))?;
        Ok(Self { process, directory, url: format!("http://{address}"), key })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn client(&self) -> Result<Client, Failure> {
        let tls = outgoing_tls::trusting(None).map_err(|error| Failure::because("certificates", error))?;
        Ok(Client::new(&self.url, Some(self.key.clone()), tls))
    }

    /// Returns once it answers.
    pub(super) async fn ready(&self, client: &Client) -> Result<(), Failure> {
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
        waited.map_err(|_| Failure::local("the server did not become ready within 30 s"))
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        // What is left behind then lies in the directory for temporary files.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// An address that nobody listens on right now.
fn free_address() -> std::io::Result<String> {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(socket.local_addr()?.to_string())
}
