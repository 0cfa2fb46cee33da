//! `quash config check|show|schema`.

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::config_options::ConfigOptions;
use crate::config::origin::Setting;
use crate::config::{Loaded, schema};
use crate::exit::{Exit, Failure};
use crate::output::{Output, say};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Report everything that is wrong with the configuration
    Check(ConfigOptions),
    /// Print what holds, without secrets
    Show(ShowOptions),
    /// Print the JSON Schema of the configuration file
    Schema,
}

#[derive(Args, Debug)]
pub(super) struct ShowOptions {
    /// Say where each value came from
    #[arg(long)]
    origin: bool,
    #[command(flatten)]
    config: ConfigOptions,
}

pub(super) fn run(command: &ConfigCommand, output: Output) -> Result<Exit, Failure> {
    match command {
        ConfigCommand::Check(options) => {
            let loaded = options.load()?;
            warn(&loaded);
            if output.is_json() {
                output.json(&json!({ "valid": true, "warnings": loaded.warnings }));
            } else {
                output.line("the configuration is valid");
            }
        }
        ConfigCommand::Show(options) => show(&options.config.load()?, options.origin, output),
        ConfigCommand::Schema => output.raw(&schema::text()),
    }
    Ok(Exit::Ok)
}

/// Tells the operator what is allowed but should be known.
pub(super) fn warn(loaded: &Loaded) {
    for warning in &loaded.warnings {
        say(&format!("warning: {warning}"));
    }
}

fn show(loaded: &Loaded, origin: bool, output: Output) {
    if output.is_json() {
        output.json(&loaded.settings.iter().map(as_json).collect());
        return;
    }
    let row = |setting: &Setting| {
        let mut row = vec![setting.path.clone(), text_of(&setting.value)];
        if origin {
            row.push(setting.origin.to_string());
        }
        row
    };
    let rows: Vec<Vec<String>> = loaded.settings.iter().map(row).collect();
    output.table(if origin { &["key", "value", "origin"] } else { &["key", "value"] }, &rows);
}

fn as_json(setting: &Setting) -> Json {
    json!({ "key": setting.path, "value": setting.value, "origin": setting.origin.to_string() })
}

fn text_of(value: &Json) -> String {
    if value.is_null() { "-".to_owned() } else { value.to_string() }
}
