//! What is said on standard error while the server runs.
//!
//! One line an event, as text or as JSON. Requests are logged where they are answered: id, route, status, never a
//! path, a query, a header or a body.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::Subscriber;

use crate::config::log::{LogConfig, LogFormat};

/// The variable that says the level of each part: `info,quash_http=debug`. Wins over the configuration.
pub const LEVEL_VARIABLE: &str = "QUASH_LOG";

/// Why nothing can be logged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// [`LEVEL_VARIABLE`] is not understood.
    #[error("`{LEVEL_VARIABLE}`: expected levels such as `info` or `warn,quash_http=debug`")]
    Levels,
    /// Somebody else took the log of this process already.
    #[error("the log of this process is taken already")]
    Taken,
}

/// Starts to log, for the whole process.
///
/// # Errors
/// [`TelemetryError`]; nothing is logged then.
pub fn start(config: &LogConfig) -> Result<(), TelemetryError> {
    let levels = std::env::var(LEVEL_VARIABLE).ok().filter(|levels| !levels.is_empty());
    let levels = levels.unwrap_or_else(|| config.level.word().to_owned());
    let filter = EnvFilter::try_new(levels).map_err(|_| TelemetryError::Levels)?;
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let builder =
        Subscriber::builder().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colour);
    let started = match config.format {
        LogFormat::Text => tracing::subscriber::set_global_default(builder.finish()),
        LogFormat::Json => {
            let json = builder.json().flatten_event(true).with_current_span(true).with_span_list(false);
            tracing::subscriber::set_global_default(json.finish())
        }
    };
    started.map_err(|_| TelemetryError::Taken)
}
