//! Measures quash against what it is compared with: each row a ratio of two figures of one run.
//!
//! See `docs/benchmark.md` for what every row does and does not say.

mod arguments;
mod callers;
mod clock;
mod contest;
mod edge;
mod entries;
mod house;
mod http_client;
mod keys;
mod load;
mod measure;
mod processes;
mod processor_time;
mod quantile;
mod reference;
mod report;
mod resident;
mod row;
mod rows;
mod server;
mod sessions;
mod subject;
mod timed_disk;
mod tokens;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;

use crate::arguments::Arguments;
use crate::processes::ALONE;
use crate::row::Row;
use crate::rows::{GROUPS, Run};

/// As in the server.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if let Some(name) = &arguments.alone {
        return work_alone(name, &arguments.words);
    }
    if arguments.list {
        for group in GROUPS {
            println!("{:<21} {}", group.name, group.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let run = Run::new(&root.join("target"), &arguments)?;
    let (rows, complete) = measure(&run, &arguments);
    report::print_summary(&rows);
    report::write(&root.join("target/bench.json"), &rows)?;
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Measures every group that was asked for; whether all of them could be.
fn measure(run: &Run, arguments: &Arguments) -> (Vec<Row>, bool) {
    report::print_head();
    let (mut rows, mut complete) = (Vec::new(), true);
    for group in GROUPS.iter().filter(|group| arguments.wants(group.name)) {
        match (group.measure)(run) {
            Ok(found) => {
                found.iter().for_each(report::print_row);
                rows.extend(found);
            }
            Err(error) => {
                complete = false;
                eprintln!("{}: not measured: {error:#}", group.name);
            }
        }
    }
    (rows, complete)
}

fn work_alone(name: &str, words: &[String]) -> anyhow::Result<ExitCode> {
    let Some((_, work)) = ALONE.iter().find(|(known, _)| *known == name) else {
        anyhow::bail!("there is nothing called `{name}`");
    };
    work(words)?;
    Ok(ExitCode::SUCCESS)
}
