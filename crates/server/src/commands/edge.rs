//! `quash edge`.

use std::path::PathBuf;

use clap::Args;

use crate::config::edge_node::{EdgeConfig, LoadedEdge};
use crate::config::names::HttpUrl;
use crate::config::sources::{Flag, Sources};
use crate::edge::Edge;
use crate::exit::{Exit, Failure};
use crate::listen::file_limit;
use crate::paths::DataDirectory;
use crate::serving::{Listeners, Signals};
use crate::telemetry;

/// Whom to follow, and where to answer. The key comes from `QUASH_FEED_KEY`, or from `edge.key_file`.
#[derive(Args, Clone, Debug)]
pub(super) struct EdgeOptions {
    /// The authority, or an edge that relays its feed; several times for several of them
    #[arg(long, value_name = "URL")]
    authority: Vec<String>,
    /// The configuration file, TOML
    #[arg(long, env = "QUASH_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The directory of its state
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Where it listens
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// The age at which its state is stale, `1s` to `60s`; also the lease that it asks for
    #[arg(long, value_name = "DURATION")]
    max_staleness: Option<String>,
}

impl EdgeOptions {
    /// Reads all layers.
    ///
    /// # Errors
    /// Everything that is wrong, a line each.
    pub(super) fn load(&self) -> Result<LoadedEdge, Failure> {
        let sources = Sources::gather(self.config.as_deref(), self.flags(), false);
        sources.and_then(EdgeConfig::load).map_err(|problems| Failure::local(problems.to_string()))
    }

    fn flags(&self) -> Vec<Flag> {
        let authority = (!self.authority.is_empty()).then(|| self.authority.join(","));
        let flag = |name, key, text: Option<String>| text.map(|text| Flag { name, key, text });
        [
            flag("--authority", "edge.authority", authority),
            flag("--data", "server.data", self.data.clone()),
            flag("--listen", "server.listen", self.listen.clone()),
            flag("--max-staleness", "edge.max_staleness", self.max_staleness.clone()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

pub(super) fn run(options: &EdgeOptions) -> Result<Exit, Failure> {
    let loaded = options.load()?;
    telemetry::start(&loaded.config.log).map_err(|error| Failure::local(error.to_string()))?;
    let files = file_limit::raise();
    tracing::debug!(files, "open files allowed");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Failure::because("no runtime", error))?.block_on(serve(loaded))
}

async fn serve(LoadedEdge { config, warnings, .. }: LoadedEdge) -> Result<Exit, Failure> {
    let data = DataDirectory::open(&config.server.data)
        .map_err(|error| Failure::because(&config.server.data.display().to_string(), error))?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let listeners = Listeners::open(&config.server, &config.limits).await?;
    let (signals, stop) =
        Signals::listen(listeners.tls()).map_err(|error| Failure::because("signals", error))?;
    let edge = Edge::open(&config, &data)?;
    let surfaces = edge.surfaces(&config);
    let address = listeners.public_address().map_err(|error| Failure::because("the listener", error))?;
    let authority: Vec<String> = config.follow.authority.iter().map(HttpUrl::trimmed).collect();
    tracing::info!(%address, ?authority, "listening");
    tokio::select! {
        (drained, ()) = async { tokio::join!(listeners.serve(surfaces, stop.clone()), edge.run(stop.clone())) } => {
            tracing::info!(abandoned = drained.abandoned, "stopped");
            Ok(Exit::Ok)
        }
        () = signals.obey() => Err(Failure::local("stopped at once: running requests were cut")),
    }
}
