//! `quash restore`.

use std::path::PathBuf;

use clap::Args;

use crate::exit::{Exit, Failure};

#[derive(Args, Debug)]
pub(super) struct RestoreOptions {
    /// The backup
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The data directory to put it into; it must hold no store
    #[arg(long, value_name = "DIR", default_value = "quash-data")]
    data: PathBuf,
}

pub(super) fn run(options: &RestoreOptions) -> Result<Exit, Failure> {
    Err(Failure::local(format!(
        "`{}` was not restored into `{}`: this build has no store",
        options.from.display(),
        options.data.display()
    )))
}
