//! How the command line ends.

use std::process::ExitCode;

/// How the command line ends. Scripts rely on these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It worked.
    Ok = 0,
    /// Something here is wrong: arguments, configuration, files, or the server can not be reached.
    Local = 1,
    /// The server was reached and refused.
    Refused = 2,
    /// The token that was asked about is invalid or revoked.
    InvalidToken = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not work: one line for a person, one number for a script.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// What is wrong. Lower case, no final period, never a secret.
    pub message: String,
}

impl Failure {
    /// Something here is wrong.
    pub fn local(message: impl Into<String>) -> Self {
        Self { exit: Exit::Local, message: message.into() }
    }

    /// Something here is wrong: `what`, because of `error`.
    pub fn because(what: &str, error: impl std::fmt::Display) -> Self {
        Self::local(format!("{what}: {error}"))
    }
}
