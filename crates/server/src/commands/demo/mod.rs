//! `quash demo`: the main job, step by step, over real HTTP, with measured times.

mod process;
mod steps;

use clap::Args;
use serde_json::json;

use super::waiting;
use crate::exit::{Exit, Failure};
use crate::output::Output;

#[derive(Args, Debug)]
pub(super) struct DemoOptions {}

pub(super) fn run(_options: &DemoOptions, output: Output) -> Result<Exit, Failure> {
    let steps = waiting_for(output)?;
    if output.is_json() {
        output.json(
            &steps
                .iter()
                .map(|step| json!({ "step": step.what, "result": step.result, "ms": step.ms }))
                .collect(),
        );
    }
    Ok(Exit::Ok)
}

fn waiting_for(output: Output) -> Result<Vec<steps::Step>, Failure> {
    let mut steps = Vec::new();
    waiting(async {
        steps = steps::run(output).await?;
        Ok(Exit::Ok)
    })?;
    Ok(steps)
}
