//! `quash backup`.

use std::path::{Path, PathBuf};

use clap::Args;
use quash_authority::{Clock, SystemClock};
use quash_storage::embedded::{EmbeddedStore, OpenOptions};

use super::config_options::ConfigOptions;
use crate::exit::{Exit, Failure};
use crate::node::control;
use crate::output::Output;
use crate::paths::DataDirectory;

#[derive(Args, Debug)]
pub(super) struct BackupOptions {
    /// The file to write; it must not exist
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    config: ConfigOptions,
}

/// Has the running server write the copy; without one, reads the store itself.
pub(super) async fn run(options: &BackupOptions, output: Output) -> Result<Exit, Failure> {
    let config = options.config.load()?.config;
    let data = DataDirectory::open(&config.server.data)
        .map_err(|error| Failure::because(&config.server.data.display().to_string(), error))?;
    let to = std::path::absolute(&options.to).map_err(|error| Failure::because("the path", error))?;
    let position = match control::ask_for_backup(&data, &to).await {
        Some(answer) => answer.map_err(|why| refused(&to, why))?,
        None => copy_at_rest(&data, config.tokens.issuer, &to).await?,
    };
    let shown = serde_json::json!({
        "file": to.display().to_string(),
        "position": position,
        "without": config.master.secrets_file.display().to_string(),
    });
    output.object(&shown);
    Ok(Exit::Ok)
}

fn refused(to: &Path, why: impl std::fmt::Display) -> Failure {
    Failure::because(&format!("`{}` was not written", to.display()), why)
}

async fn copy_at_rest(
    data: &DataDirectory,
    issuer: quash_core::ids::Issuer,
    to: &Path,
) -> Result<String, Failure> {
    let path = data.store();
    if !path.exists() {
        return Err(Failure::local(format!("there is no store at `{}`", path.display())));
    }
    // The store is there, so nothing is founded: neither the time nor the random bytes are used.
    let opened = OpenOptions::file(&path, issuer).open(SystemClock.now(), [0; 36]);
    let store: EmbeddedStore =
        opened.map_err(|error| Failure::because(&path.display().to_string(), error))?;
    let head = store.backup_to(to).await.map_err(|error| refused(to, error))?;
    store.close();
    Ok(head.position.to_string())
}
