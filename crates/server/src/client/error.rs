//! Why there is no good answer.

use serde_json::Value as Json;

use super::Answer;
use crate::exit::{Exit, Failure};

/// Why there is no good answer, in one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// `--url` and the path make no URL.
    #[error("`--url` is no URL, expected one such as `http://127.0.0.1:7070`")]
    Url,
    /// The key or token has characters that no header can have.
    #[error("the key or token can not be sent: it holds characters that none has")]
    NotAHeader,
    /// Nobody answered.
    #[error("no answer from {base}: {cause}")]
    Unreachable {
        /// Who was asked.
        base: String,
        /// What the system says.
        cause: String,
    },
    /// The answer took too long.
    #[error("no answer within 60 s")]
    TooSlow,
    /// A stream is silent, or sends what is no stream.
    #[error("nothing came for too long")]
    Silent,
    /// The server said no.
    #[error("the server refused ({status}): {message}")]
    Refused {
        /// Its status code.
        status: u16,
        /// What it says, from a problem (RFC 9457) or an OAuth error (RFC 6749 section 5.2).
        message: String,
    },
}

impl ClientError {
    pub(super) fn unreachable(base: &str, error: &dyn std::error::Error) -> Self {
        let mut innermost = error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        Self::Unreachable { base: base.to_owned(), cause: innermost.to_string() }
    }

    /// What `answer`, which refuses, says in one line.
    pub fn refused(answer: &Answer) -> Self {
        let status = answer.status.as_u16();
        let word = |name: &str| answer.body.get(name).and_then(Json::as_str);
        let text = word("detail").or_else(|| word("error_description")).or_else(|| word("title"));
        let text = text.or_else(|| answer.status.canonical_reason()).unwrap_or("no reason given");
        let mut message = crate::output::cell(&Json::from(text));
        for name in ["field", "expected", "reason", "error"] {
            if let Some(value) = word(name) {
                message.push_str(&format_args!("; {name}: {value}").to_string());
            }
        }
        Self::Refused { status, message }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let exit = if matches!(error, ClientError::Refused { .. }) { Exit::Refused } else { Exit::Local };
        Self { exit, message: error.to_string() }
    }
}
