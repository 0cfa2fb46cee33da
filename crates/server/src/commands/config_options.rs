//! Which configuration a command uses.

use std::path::PathBuf;

use clap::Args;

use crate::config::edge_node::{EdgeConfig, LoadedEdge};
use crate::config::sources::{Flag, Sources};
use crate::config::{Config, Loaded};
use crate::exit::Failure;

/// Which configuration: a file, overruled by the environment, overruled by these flags.
#[derive(Args, Clone, Debug)]
pub(super) struct ConfigOptions {
    /// The configuration file, TOML
    #[arg(long, env = "QUASH_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// For a machine of one's own: loopback, plain HTTP, the public client `web`, an admin key that is made and shown
    #[arg(long)]
    dev: bool,
    /// The directory of the store
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Where the public API listens
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

impl ConfigOptions {
    /// Reads all layers as an edge does.
    ///
    /// # Errors
    /// Everything that is wrong, a line each.
    pub(super) fn load_edge(&self) -> Result<LoadedEdge, Failure> {
        let sources = Sources::gather(self.config.as_deref(), self.flags(), false);
        sources.and_then(EdgeConfig::load).map_err(|problems| Failure::local(problems.to_string()))
    }

    /// Reads all layers.
    ///
    /// # Errors
    /// Everything that is wrong, a line each.
    pub(super) fn load(&self) -> Result<Loaded, Failure> {
        let sources = Sources::gather(self.config.as_deref(), self.flags(), self.dev);
        let loaded = sources.and_then(Config::load);
        loaded.map_err(|problems| Failure::local(format!("{problems}{}", self.hint())))
    }

    /// What is most likely meant where neither a file nor `--dev` was given: beside `serve --dev` every other command
    /// needs it too.
    fn hint(&self) -> &'static str {
        if self.config.is_some() || self.dev {
            return "";
        }
        "\n  no configuration was named: give `--config FILE`, or `--dev` for a server that runs with `serve --dev`"
    }

    fn flags(&self) -> Vec<Flag> {
        let data = self.data.clone().map(|text| Flag { name: "--data", key: "server.data", text });
        let listen = self.listen.clone().map(|text| Flag { name: "--listen", key: "server.listen", text });
        data.into_iter().chain(listen).collect()
    }
}
