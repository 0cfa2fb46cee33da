//! The binary `quash`.

use std::process::ExitCode;

fn main() -> ExitCode {
    quash_server::commands::run().into()
}
