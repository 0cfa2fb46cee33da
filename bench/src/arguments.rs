//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Measures quash against what it is compared with, prints a table and writes target/bench.json.
#[derive(Clone, Debug, Parser)]
pub struct Arguments {
    /// Fewer rounds and smaller sets: shows that everything runs, decides nothing.
    #[arg(long)]
    pub quick: bool,
    /// Only the groups of rows whose name begins with NAME; may be given more than once.
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Measures this server instead of building one.
    #[arg(long, value_name = "BINARY")]
    pub server: Option<PathBuf>,
    /// Lists the groups of rows and ends.
    #[arg(long)]
    pub list: bool,
    /// Does what needs a process of its own.
    #[arg(long, value_name = "NAME", hide = true)]
    pub alone: Option<String>,
    /// What that measurement needs to know.
    #[arg(requires = "alone", hide = true)]
    pub words: Vec<String>,
}

impl Arguments {
    /// Whether the group `name` was asked for.
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|start| name.starts_with(start.as_str()))
    }
}
