//! The binary `quash`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Cached tokens and store pages come and go on many threads, which the system's allocator takes a lock for.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    quash_server::commands::run().into()
}
