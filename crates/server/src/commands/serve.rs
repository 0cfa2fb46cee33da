//! `quash serve`.

use std::sync::Arc;

use super::config_options::ConfigOptions;
use crate::config::Loaded;
use crate::dev;
use crate::exit::{Exit, Failure};
use crate::listen::file_limit;
use crate::node::{Node, control};
use crate::output::{Format, Output};
use crate::paths::DataDirectory;
use crate::serving::{Listeners, Signals};
use crate::tasks::foreign_keys;
use crate::telemetry;

pub(super) fn run(options: &ConfigOptions) -> Result<Exit, Failure> {
    let loaded = options.load()?;
    telemetry::start(&loaded.config.log).map_err(|error| Failure::local(error.to_string()))?;
    let files = file_limit::raise();
    tracing::debug!(files, "open files allowed");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Failure::because("no runtime", error))?.block_on(serve(loaded))
}

async fn serve(Loaded { mut config, warnings, .. }: Loaded) -> Result<Exit, Failure> {
    let data = DataDirectory::open(&config.server.data)
        .map_err(|error| Failure::because(&config.server.data.display().to_string(), error))?;
    let mut made = None;
    if config.admin.key.is_none() {
        if !config.dev {
            return Err(Failure::local(
                "there is no admin key: set `QUASH_ADMIN_KEY` or `admin.key_file` to 32 to 256 printable ASCII characters",
            ));
        }
        made = Some(dev::admin_key(&data)?);
        config.admin.key.clone_from(&made);
    }
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let admin_key = config.admin.key.clone().ok_or_else(|| Failure::local("there is no admin key"))?;
    let node = Node::open(&config, &data, &admin_key).await?;
    let control = control::bind(&data).map_err(|error| Failure::because("the control socket", error))?;
    let listeners = Listeners::open(&config.server, &config.limits).await?;
    let (signals, stop) =
        Signals::listen(listeners.tls()).map_err(|error| Failure::because("signals", error))?;
    let surfaces = node.surfaces(&config);
    // Fetches until it is dropped.
    let _foreign_keys = foreign_keys::start(&config, node.verifier(), node.authority(), &stop)?;
    let beside = tokio::spawn(control::serve(control, Arc::clone(node.store()), stop.clone()));
    let address = listeners.public_address().map_err(|error| Failure::because("the listener", error))?;
    tracing::info!(%address, issuer = %config.tokens.issuer, "listening");
    if config.dev {
        Output::new(Format::Table).raw(&dev::welcome(&config.server.public_url, made.as_ref()));
    }
    tokio::select! {
        (drained, ()) = async { tokio::join!(listeners.serve(surfaces, stop.clone()), node.run(stop.clone())) } => {
            tracing::info!(abandoned = drained.abandoned, "stopped");
            beside.abort();
            Ok(Exit::Ok)
        }
        () = signals.obey() => Err(Failure::local("stopped at once: running requests were cut")),
    }
}
