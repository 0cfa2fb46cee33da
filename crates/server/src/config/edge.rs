//! `[edge]`: whom an edge follows, and what it does when it does not know enough.

use std::path::PathBuf;
use std::time::Duration;

use super::names::HttpUrl;
use super::origin::Origin;
use super::secret_file;
use super::section::Section;
use super::value::Value as _;
use super::words::words;
use crate::secret::Secret;

/// The environment variable that holds the service key that an edge follows the feed with.
pub const FEED_KEY_VARIABLE: &str = "QUASH_FEED_KEY";

words! {
    /// What is done about a token when nothing refuses it and the state is older than `max_staleness`.
    StalePolicy, "`deny`, `ask` or `allow`", {
        /// It is not answered: 503.
        Deny = "deny",
        /// The authority is asked; when it can not be reached: 503.
        Ask = "ask",
        /// It is accepted, and counted.
        Allow = "allow",
    }
}

/// Whom an edge follows, and under which terms.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FollowConfig {
    /// The authority, or an edge that relays its feed; the first that answers is followed.
    pub authority: Vec<HttpUrl>,
    /// The service key to follow with.
    pub key: Secret,
    /// What the authority calls this edge; none: the machine's name and the port.
    pub name: Option<String>,
    /// The age at which the state is stale, and the lease that is asked for.
    pub max_staleness: Duration,
    /// What is done on a stale state.
    pub stale_policy: StalePolicy,
    /// Whether the feed is served to others from here.
    pub relay: bool,
    /// Certificates to trust at the authority besides the public ones, PEM.
    pub ca_file: Option<PathBuf>,
    /// Whether the key may travel over plain HTTP to another machine.
    pub plain_http: bool,
}

/// The longest name of a verifier, in bytes.
const LONGEST_NAME: usize = 256;

const MAX_STALENESS: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60);

impl FollowConfig {
    /// Reads the section. `None`: a problem was reported.
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let authority: Vec<HttpUrl> = section.value(
            "authority",
            "the authority, or an edge that relays its feed; the first that answers is followed",
            Vec::new(),
        );
        let key = key(section);
        let name: Option<String> = section
            .optional("name", "what the authority calls this edge; none: the machine's name and the port");
        let max_staleness = section.bounded(
            "max_staleness",
            "the age at which the state is stale, and the lease that is asked for",
            Duration::from_secs(10),
            MAX_STALENESS,
        );
        let stale_policy = section.value(
            "stale_policy",
            "what is done on a stale state about a token that nothing refuses: `deny` does not answer, `ask` asks the authority, `allow` accepts",
            StalePolicy::Deny,
        );
        let relay = section.value("relay", "whether the feed is served to others from here", true);
        let ca_file = section
            .optional("ca_file", "certificates to trust at the authority besides the public ones, PEM");
        let plain_http = section.value(
            "plain_http",
            "says that the way to the authority is protected otherwise, so that the key may travel over plain HTTP off loopback",
            false,
        );
        check_authority(section, &authority, plain_http);
        check_name(section, name.as_deref());
        Some(Self { authority, key: key?, name, max_staleness, stale_policy, relay, ca_file, plain_http })
    }
}

/// The key: the environment wins over the file.
fn key(section: &mut Section<'_>) -> Option<Secret> {
    let file: Option<PathBuf> = section.optional(
        "key_file",
        "a file with the service key to follow with: a credential of the role `verifier`; without it the variable `QUASH_FEED_KEY`",
    );
    let (name, secret) = if let Some(text) = section.environment(FEED_KEY_VARIABLE) {
        section.record_secret("key", Origin::Environment(FEED_KEY_VARIABLE.to_owned()));
        ("key", Some(Secret::new(text.into_bytes())))
    } else if let Some(file) = file {
        let read = secret_file::read(&file);
        ("key_file", read.map_err(|problem| section.problem("key_file", problem.to_string())).ok())
    } else {
        section.problem(
            "key_file",
            "is missing: set it or `QUASH_FEED_KEY` to the key of a service credential of the role `verifier`",
        );
        return None;
    };
    let secret = secret?;
    if secret.as_key().is_none() {
        let found = secret.len();
        section.problem(name, format!("found {found} bytes, expected 32 to 256 printable ASCII characters"));
        return None;
    }
    Some(secret)
}

fn check_name(section: &mut Section<'_>, name: Option<&str>) {
    if name.is_some_and(|name| name.len() > LONGEST_NAME || name.chars().any(char::is_control)) {
        section.problem("name", format!("expected at most {LONGEST_NAME} bytes without control characters"));
    }
}

fn check_authority(section: &mut Section<'_>, authority: &[HttpUrl], plain_http: bool) {
    if authority.is_empty() {
        section.problem("authority", format!("is missing, expected {}", HttpUrl::EXPECTED));
    }
    if authority.iter().any(|url| url.uri().query().is_some()) {
        section.problem("authority", "found a query in a URL, expected none");
    }
    if !plain_http && authority.iter().any(|url| !url.is_https() && !url.is_loopback()) {
        section.problem(
            "authority",
            "the key would travel over plain HTTP: use an https URL, or `edge.plain_http = true` if the way is safe",
        );
    }
}
