//! Which server a command speaks with, and as whom.

use std::path::PathBuf;

use clap::Args;

use super::Client;
use crate::config::admin::ADMIN_KEY_VARIABLE;
use crate::config::names::HttpUrl;
use crate::config::secret_file;
use crate::config::value::Value;
use crate::exit::Failure;
use crate::outgoing_tls;
use crate::secret::Secret;

/// Which server, and as whom. The key is never an argument: other users of the machine can read those.
#[derive(Args, Clone, Debug)]
pub struct ClientOptions {
    /// The server
    #[arg(
        long,
        global = true,
        env = "QUASH_URL",
        default_value = "http://127.0.0.1:7070",
        value_name = "URL"
    )]
    pub url: String,
    /// A file with the service key, readable by its owner alone; without it the variable `QUASH_ADMIN_KEY`
    #[arg(long, global = true, env = "QUASH_KEY_FILE", value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Certificates to trust besides the public authorities, PEM
    #[arg(long, global = true, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Send the key over plain HTTP to another machine
    #[arg(long, global = true)]
    pub insecure_http: bool,
}

impl ClientOptions {
    /// The client that the options describe.
    ///
    /// # Errors
    /// A URL or file that is not usable; a key that would travel unprotected.
    pub fn client(&self) -> Result<Client, Failure> {
        let url = HttpUrl::from_text(&self.url)
            .ok_or_else(|| Failure::local(format!("`--url`: expected {}", HttpUrl::EXPECTED)))?;
        let key = self.key()?;
        if key.is_some() && !url.is_https() && !url.is_loopback() && !self.insecure_http {
            return Err(Failure::local(
                "the key would travel over plain HTTP: use an https URL, or `--insecure-http` if the way is safe",
            ));
        }
        let tls = outgoing_tls::trusting(self.ca_file.as_deref());
        Ok(Client::new(&url.trimmed(), key, tls.map_err(|error| Failure::because("`--ca-file`", error))?))
    }

    fn key(&self) -> Result<Option<Secret>, Failure> {
        let key = match &self.key_file {
            Some(file) => {
                let read = secret_file::read(file);
                Some(read.map_err(|error| Failure::because("`--key-file`", error))?)
            }
            None => std::env::var(ADMIN_KEY_VARIABLE)
                .ok()
                .filter(|key| !key.is_empty())
                .map(|key| Secret::new(key.into_bytes())),
        };
        match key {
            Some(key) if key.as_key().is_none() => Err(Failure::local(
                "the service key is not one: expected 32 to 256 printable ASCII characters",
            )),
            key => Ok(key),
        }
    }
}
