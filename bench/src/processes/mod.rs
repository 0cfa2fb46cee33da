//! What runs in a process of its own: this program again, with `--alone NAME`.

mod denylist;
mod follower;
mod marks;
mod subscriber;

use std::process::Command;

pub use marks::{Marks, Witnesses};

/// What a process does, with the words that follow its name.
type Work = fn(&[String]) -> anyhow::Result<()>;

/// Everything that is run alone, by name.
pub const ALONE: &[(&str, Work)] = &[
    ("memory", crate::rows::measure_memory_alone),
    ("denylist", denylist::run),
    ("follower", follower::run),
    ("subscriber", subscriber::run),
];

/// This program, to do `name`.
pub fn alone(name: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--alone", name]);
    Ok(command)
}
