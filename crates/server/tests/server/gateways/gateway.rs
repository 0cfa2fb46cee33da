//! A real gateway as a process, with the configuration that is delivered.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::client::Request;
use super::kind::Kind;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// How long a start may take before the test gives up. No claim about how long it does take.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);
/// A port can be taken by somebody else between the look at it and the start.
const ATTEMPTS: u32 = 5;

/// A running gateway. Killed when dropped.
pub(super) struct Gateway {
    process: Child,
    pub(super) address: SocketAddr,
    log: PathBuf,
    _directory: TempDir,
}

/// The ports of the delivered files, and what stands behind them here.
struct Ports {
    listen: u16,
    quash: u16,
    service: u16,
}

impl Gateway {
    /// Starts it, and returns once it refuses a request without a token as quash tells it to: it has loaded its
    /// configuration then, and has reached quash.
    pub(super) fn start(kind: &Kind, quash: SocketAddr, service: SocketAddr) -> Self {
        let mut why = Vec::new();
        for _ in 0..ATTEMPTS {
            let ports = Ports { listen: free_port(), quash: quash.port(), service: service.port() };
            match Self::spawn(kind, &ports).wait_until_ready() {
                Ok(gateway) => return gateway,
                Err(ended) => why.push(ended),
            }
        }
        panic!("{} did not start: {why:#?}", kind.program)
    }

    fn spawn(kind: &Kind, ports: &Ports) -> Self {
        let directory = tempfile::tempdir().unwrap();
        deliver(kind, ports, directory.path());
        let program = Path::new(ROOT).join("target/test-dependencies/gateways/bin").join(kind.program);
        assert!(program.exists(), "{} is missing: run scripts/install-test-dependencies", program.display());
        let log = directory.path().join("gateway.log");
        let output = File::create(&log).unwrap();
        let mut command = Command::new(program);
        command.current_dir(&directory).stdin(Stdio::null());
        command.stdout(output.try_clone().unwrap()).stderr(output);
        (kind.start)(&mut command, directory.path());
        let address = SocketAddr::from(([127, 0, 0, 1], ports.listen));
        Self { process: command.spawn().unwrap(), address, log, _directory: directory }
    }

    /// # Errors
    /// It ended, and what it wrote.
    fn wait_until_ready(mut self) -> Result<Self, String> {
        let mut patience = PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return Err(format!("{status}: {}", self.log()));
            }
            let listens = std::net::TcpStream::connect(self.address).is_ok();
            if listens && Request::get("/").send(self.address).field("www-authenticate").contains("quash") {
                return Ok(self);
            }
            patience = patience.checked_sub(PAUSE).unwrap_or_else(|| panic!("not ready: {}", self.log()));
            std::thread::sleep(PAUSE);
        }
    }

    /// Everything the process wrote so far.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Copies the files of `deploy/` into `directory`. Each port that they name occurs once in all of them, and nothing
/// else is changed.
fn deliver(kind: &Kind, ports: &Ports, directory: &Path) {
    let read = |name: &&str| std::fs::read_to_string(Path::new(ROOT).join("deploy").join(name)).unwrap();
    let mut texts: Vec<String> = kind.files.iter().map(read).collect();
    for (delivered, here) in [("8000", ports.listen), ("7070", ports.quash), ("8080", ports.service)] {
        let places: usize = texts.iter().map(|text| text.matches(delivered).count()).sum();
        assert_eq!(places, 1, "{delivered} in {:?}", kind.files);
        for text in &mut texts {
            *text = text.replace(delivered, &here.to_string());
        }
    }
    for (name, text) in kind.files.iter().zip(texts) {
        std::fs::write(directory.join(Path::new(name).file_name().unwrap()), text).unwrap();
    }
}

/// A port that nobody listens on, below those that the system gives away for connections: the many connections of
/// a busy test run can not take it.
fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 10_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let of_this_process = u16::try_from(std::process::id() % u32::from(COUNT)).unwrap();
    loop {
        let place =
            of_this_process.wrapping_mul(37).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        if TcpListener::bind(("127.0.0.1", FIRST + place)).is_ok() {
            return FIRST + place;
        }
    }
}
