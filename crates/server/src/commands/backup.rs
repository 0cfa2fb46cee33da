//! `quash backup`.

use std::path::PathBuf;

use clap::Args;

use crate::exit::{Exit, Failure};

#[derive(Args, Debug)]
pub(super) struct BackupOptions {
    /// The file to write; it must not exist
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

pub(super) fn run(options: &BackupOptions) -> Result<Exit, Failure> {
    Err(Failure::local(format!("`{}` was not written: this build has no store", options.to.display())))
}
