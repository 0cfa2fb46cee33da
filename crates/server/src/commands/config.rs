//! `quash config check|show|schema`.

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::config_options::ConfigOptions;
use crate::config::origin::Setting;
use crate::config::schema;
use crate::exit::{Exit, Failure};
use crate::output::{Output, say};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Report everything that is wrong with the configuration
    Check(CheckOptions),
    /// Print what holds, without secrets
    Show(ShowOptions),
    /// Print the JSON Schema of the configuration file
    Schema,
}

#[derive(Args, Debug)]
pub(super) struct CheckOptions {
    /// As `quash edge` reads it
    #[arg(long, conflicts_with = "dev")]
    edge: bool,
    #[command(flatten)]
    config: ConfigOptions,
}

#[derive(Args, Debug)]
pub(super) struct ShowOptions {
    /// Say where each value came from
    #[arg(long)]
    origin: bool,
    #[command(flatten)]
    check: CheckOptions,
}

impl CheckOptions {
    /// What holds, and what the operator should know, by whoever reads the configuration.
    fn read(&self) -> Result<(Vec<Setting>, Vec<String>), Failure> {
        if self.edge {
            let loaded = self.config.load_edge()?;
            return Ok((loaded.settings, loaded.warnings));
        }
        let loaded = self.config.load()?;
        Ok((loaded.settings, loaded.warnings))
    }
}

pub(super) fn run(command: &ConfigCommand, output: Output) -> Result<Exit, Failure> {
    match command {
        ConfigCommand::Check(options) => {
            let (_, warnings) = options.read()?;
            warn(&warnings);
            if output.is_json() {
                output.json(&json!({ "valid": true, "warnings": warnings }));
            } else {
                output.line("the configuration is valid");
            }
        }
        ConfigCommand::Show(options) => show(&options.check.read()?.0, options.origin, output),
        ConfigCommand::Schema => output.raw(&schema::text()),
    }
    Ok(Exit::Ok)
}

/// Tells the operator what is allowed but should be known.
pub(super) fn warn(warnings: &[String]) {
    for warning in warnings {
        say(&format!("warning: {warning}"));
    }
}

fn show(settings: &[Setting], origin: bool, output: Output) {
    if output.is_json() {
        output.json(&settings.iter().map(as_json).collect());
        return;
    }
    let row = |setting: &Setting| {
        let mut row = vec![setting.path.clone(), text_of(&setting.value)];
        if origin {
            row.push(setting.origin.to_string());
        }
        row
    };
    let rows: Vec<Vec<String>> = settings.iter().map(row).collect();
    output.table(if origin { &["key", "value", "origin"] } else { &["key", "value"] }, &rows);
}

fn as_json(setting: &Setting) -> Json {
    json!({ "key": setting.path, "value": setting.value, "origin": setting.origin.to_string() })
}

fn text_of(value: &Json) -> String {
    if value.is_null() { "-".to_owned() } else { value.to_string() }
}
