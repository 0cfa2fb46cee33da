//! `quash restore`.

use std::path::PathBuf;

use clap::Args;
use quash_authority::{Clock, Entropy, SystemClock, SystemEntropy};
use quash_core::ids::Issuer;
use quash_storage::embedded::{self, RestoreGuard};

use super::config_options::ConfigOptions;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::paths::DataDirectory;

#[derive(Args, Debug)]
pub(super) struct RestoreOptions {
    /// The backup
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Let sessions and tokens live on, those too that were revoked after the backup was made
    #[arg(long)]
    keep_sessions: bool,
    #[command(flatten)]
    config: ConfigOptions,
}

pub(super) fn run(options: &RestoreOptions, output: Output) -> Result<Exit, Failure> {
    let config = options.config.load()?.config;
    let data = DataDirectory::open(&config.server.data)
        .map_err(|error| Failure::because(&config.server.data.display().to_string(), error))?;
    let guard = if options.keep_sessions { RestoreGuard::KeepSessions } else { RestoreGuard::EndEverything };
    let mut random = [0; 36];
    SystemEntropy.fill(&mut random).map_err(|error| Failure::because("no new log", error))?;
    let into = data.store();
    let issuers: Vec<Issuer> = config.issuers.iter().map(|issuer| issuer.name.clone()).collect();
    let restored = embedded::restore(&options.from, &into, SystemClock.now(), random, guard, &issuers);
    let restored = restored.map_err(|error| {
        Failure::because(
            &format!("`{}` was not restored into `{}`", options.from.display(), into.display()),
            error,
        )
    })?;
    let shown = serde_json::json!({
        "store": into.display().to_string(),
        "log": restored.head.log.to_string(),
        "position": restored.head.position.number(),
        "sessions": if options.keep_sessions { "kept" } else { "ended" },
        "credentials_restored": restored.credentials,
        "needs": config.master.secrets_file.display().to_string(),
    });
    output.object(&shown);
    Ok(Exit::Ok)
}
