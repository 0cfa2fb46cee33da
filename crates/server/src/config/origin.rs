//! Where a setting came from.

use std::fmt;

/// The layer that gave a setting its value; a later one wins over an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The configuration file.
    File {
        /// Its path as it was given.
        file: String,
        /// Line, counted from 1.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// A command-line flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, line } => write!(f, "{file}:{line}"),
            Self::Environment(name) => write!(f, "env {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// One effective setting, for `config show`.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Where it stands: `tokens.leeway`, `client[0].id`.
    pub path: String,
    /// Its value, never a secret. `null`: not set.
    pub value: serde_json::Value,
    /// Which layer gave it.
    pub origin: Origin,
}
