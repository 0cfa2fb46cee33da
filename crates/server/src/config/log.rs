//! `[log]`: what is said on standard error.

use super::section::Section;
use super::words::words;

words! {
    /// How a line looks.
    LogFormat, "`text` or `json`", {
        /// For people.
        Text = "text",
        /// For machines: one JSON object a line.
        Json = "json",
    }
}

words! {
    /// The least important thing that is said.
    LogLevel, "one of `error`, `warn`, `info`, `debug`, `trace`", {
        /// Somebody must act.
        Error = "error",
        /// Somebody should look.
        Warn = "warn",
        /// Starts, stops, rotations.
        Info = "info",
        /// Every request.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

/// What is said on standard error.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct LogConfig {
    /// How a line looks.
    pub format: LogFormat,
    /// The least important thing that is said; `QUASH_LOG` may say it for each part.
    pub level: LogLevel,
}

impl LogConfig {
    /// Reads the section.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self {
            format: section.value("format", "how a line looks", LogFormat::Text),
            level: section.value("level", "the least important thing that is said", LogLevel::Info),
        }
    }
}
