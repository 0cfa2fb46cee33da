//! The rows, by what they are about.

mod all_schemes;
mod denylists;
mod edge;
mod first_check;
mod frozen;
mod growth;
mod memory;
mod mix;
mod propagation;
mod read_scaling;
mod refresh;
mod repeated_check;
mod requests;
mod revocations;
mod search;
mod start;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use quash_core::time::Timestamp;
use tempfile::TempDir;

pub use self::memory::measure_alone as measure_memory_alone;
use crate::arguments::Arguments;
use crate::row::Row;

/// Rows that are measured together.
pub struct Group {
    /// What `--only` knows it by.
    pub name: &'static str,
    /// What it measures.
    pub about: &'static str,
    /// Measures it.
    pub measure: fn(&Run) -> anyhow::Result<Vec<Row>>,
}

/// All groups, in the order of the table.
pub const GROUPS: &[Group] = &[
    Group {
        name: "first",
        about: "first check of a token, 10^6 live entries",
        measure: first_check::measure,
    },
    Group {
        name: "repeated-hot",
        about: "repeated check, 1,000 tokens",
        measure: repeated_check::measure_hot,
    },
    Group {
        name: "repeated-cold",
        about: "repeated check, 10^6 tokens",
        measure: repeated_check::measure_cold,
    },
    Group { name: "growth", about: "first check with 10^4 and 10^7 live entries", measure: growth::measure },
    Group { name: "scaling", about: "two threads while entries come in", measure: read_scaling::measure },
    Group {
        name: "all-schemes",
        about: "repeated check with everything switched on, against the plain one",
        measure: all_schemes::measure,
    },
    Group { name: "mix", about: "share of checks without a look-up in a usual mix", measure: mix::measure },
    Group { name: "memory", about: "memory per live entry in a verifier", measure: memory::measure },
    Group { name: "restart", about: "restart with 10^6 live entries", measure: start::measure_restart },
    Group { name: "refresh", about: "refreshes over HTTP", measure: refresh::measure },
    Group { name: "revocations", about: "durable revocations, 64 callers", measure: revocations::measure },
    Group {
        name: "search",
        about: "10^6 sessions: search, and log-out everywhere",
        measure: search::measure,
    },
    Group { name: "requests", about: "forward-auth and introspection over HTTP", measure: requests::measure },
    Group {
        name: "denylists",
        about: "forward-auth against services that ask Redis",
        measure: denylists::measure,
    },
    Group {
        name: "propagation-one",
        about: "revoked to refused in one process",
        measure: propagation::measure_same_process,
    },
    Group {
        name: "propagation-unloaded",
        about: "revoked to refused in 3 processes, against PUBLISH",
        measure: propagation::measure_unloaded,
    },
    Group {
        name: "propagation-loaded",
        about: "3 processes, 2,000 revocations/s for a minute",
        measure: propagation::measure_loaded,
    },
    Group {
        name: "frozen",
        about: "waiting for everybody with an edge that stands still",
        measure: frozen::measure,
    },
    Group { name: "edge", about: "an edge with 10^6 live entries", measure: edge::measure },
    Group { name: "idle", about: "an idle server: memory and start", measure: start::measure_idle },
];

/// What one run of the benchmark is like.
pub struct Run {
    quick: bool,
    server: OnceLock<PathBuf>,
    data: TempDir,
    now: Timestamp,
}

impl Run {
    /// A run that keeps its data below `target`, on the disk that the build is on.
    pub fn new(target: &Path, arguments: &Arguments) -> anyhow::Result<Self> {
        std::fs::create_dir_all(target)?;
        let data = tempfile::Builder::new().prefix("bench-").tempdir_in(target)?;
        // Others than the owner must pass through: PostgreSQL does not run as root.
        let passable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(data.path(), passable)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let (quick, server) = (arguments.quick, OnceLock::new());
        if let Some(binary) = &arguments.server {
            server.get_or_init(|| binary.clone());
        }
        Ok(Self { quick, server, data, now: Timestamp::from_seconds(now) })
    }

    /// How many rounds count: an odd number, so that there is a middle one.
    pub fn rounds(&self) -> usize {
        if self.quick { 3 } else { 15 }
    }

    /// `full`, or `quick` in a quick run.
    pub fn size(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// The server's binary, built once in a run.
    pub fn server(&self) -> anyhow::Result<&Path> {
        if self.server.get().is_none() {
            let built = crate::server::build()?;
            self.server.get_or_init(|| built);
        }
        self.server.get().map(PathBuf::as_path).context("the server was not built")
    }

    /// A folder of its own for `name`, not made yet.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    /// The second that the run began in: what verifiers are told the time is.
    pub fn now(&self) -> Timestamp {
        self.now
    }
}
