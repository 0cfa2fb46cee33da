//! The command line, one file per command.

mod audit;
mod backup;
mod config;
mod config_options;
mod demo;
mod doctor;
mod edge;
mod keys;
mod restore;
mod revoke;
mod serve;
mod sessions;
mod tail;
mod token;
mod verifiers;

use clap::{Parser, Subcommand};

use crate::client::options::ClientOptions;
use crate::exit::{Exit, Failure};
use crate::output::{Format, Output, say};

/// Revocable like a session, checked like a JWT: a token authority and revocation engine.
///
/// Ends with 0 when it worked, 1 when something here is wrong, 2 when the server refused, 3 when the token that
/// was asked about is invalid or revoked.
#[derive(Debug, Parser)]
#[command(name = "quash", version, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    client: ClientOptions,
    /// How results are written
    #[arg(short, long, global = true, value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(config_options::ConfigOptions),
    /// Run an edge: it follows the feed of an authority, and judges tokens from memory
    Edge(edge::EdgeOptions),
    /// Watch the main job being done, against a real server that this starts itself
    Demo(demo::DemoOptions),
    /// Look at a token: what it says, whether it is good, why it is not
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Refuse tokens from now on: one, a session, a user, a device, a client, a group, a key, everything
    Revoke(revoke::RevokeOptions),
    /// List, look at and end sessions
    #[command(subcommand)]
    Sessions(sessions::SessionsCommand),
    /// Watch the feed: one line for every revocation, as it comes
    Tail(tail::TailOptions),
    /// List and rotate the signing keys
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// List who follows the feed, how far behind, and for how long it may accept without hearing from here
    Verifiers(verifiers::VerifiersOptions),
    /// Check and export the audit log: who changed what, when, why, and what caused it
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Copy the embedded store while the server runs
    Backup(backup::BackupOptions),
    /// Put a backup in place of a store
    Restore(restore::RestoreOptions),
    /// Find out what is wrong, here and at the server
    Doctor(config_options::ConfigOptions),
    /// Check, show and describe the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Does what the arguments of the process say.
pub fn run() -> Exit {
    let command_line = match CommandLine::try_parse() {
        Ok(command_line) => command_line,
        Err(error) => {
            // Help and version were asked for: they are no errors.
            let exit = if error.use_stderr() { Exit::Local } else { Exit::Ok };
            let _ = error.print();
            return exit;
        }
    };
    let output = Output::new(command_line.output);
    // What this process writes is for its own user alone.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    match perform(command_line, output) {
        Ok(exit) => exit,
        Err(failure) => {
            say(&format!("quash: {failure}"));
            failure.exit
        }
    }
}

fn perform(command_line: CommandLine, output: Output) -> Result<Exit, Failure> {
    let client = || command_line.client.client();
    match command_line.command {
        Command::Serve(options) => serve::run(&options),
        Command::Edge(options) => edge::run(&options),
        Command::Demo(options) => demo::run(&options, output),
        Command::Token(command) => token::run(&command, client, output),
        Command::Revoke(options) => waiting(revoke::run(&options, client()?, output)),
        Command::Sessions(command) => waiting(sessions::run(&command, &client()?, output)),
        Command::Tail(options) => waiting(tail::run(&options, &client()?, output)),
        Command::Keys(command) => waiting(keys::run(&command, client()?, output)),
        Command::Verifiers(options) => waiting(verifiers::run(&options, &client()?, output)),
        Command::Audit(command) => waiting(audit::run(&command, client, output)),
        Command::Backup(options) => waiting(backup::run(&options, output)),
        Command::Restore(options) => restore::run(&options, output),
        Command::Doctor(options) => waiting(doctor::run(&options, &client()?, output)),
        Command::Config(command) => config::run(&command, output),
    }
}

/// Waits for a command that speaks with a server. One thread is enough.
fn waiting(work: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::because("no runtime", error))?.block_on(work)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn no_argument_takes_a_service_key() {
        // Other users of the machine can read arguments: the key comes from a file or a variable.
        let help = CommandLine::command().render_long_help().to_string();
        assert!(!help.contains("--key ") && !help.contains("--admin-key"));
    }
}
