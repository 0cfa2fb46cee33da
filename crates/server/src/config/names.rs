//! Names from other parts as settings: ids, header names, URLs.

use http::{HeaderName, Uri};
use quash_core::ids::{ClientId, Issuer};
use quash_core::revocation::reason::Reason;
use serde_json::{Value as Json, json};

use super::value::Value;

impl Value for ClientId {
    const EXPECTED: &'static str = "an id: 1 to 256 bytes without control characters";

    fn from_text(text: &str) -> Option<Self> {
        Self::new(text).ok()
    }

    fn show(&self) -> Json {
        json!(self.as_str())
    }

    fn schema() -> Json {
        json!({ "type": "string", "minLength": 1, "maxLength": 256 })
    }
}

impl Value for Reason {
    const EXPECTED: &'static str = "1 to 64 of the characters a-z, 0-9 and `_`";

    fn from_text(text: &str) -> Option<Self> {
        Self::new(text).ok()
    }

    fn show(&self) -> Json {
        json!(self.as_str())
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": "^[a-z0-9_]{1,64}$" })
    }
}

impl Value for Issuer {
    const EXPECTED: &'static str = "an issuer: 1 to 256 bytes without control characters";

    fn from_text(text: &str) -> Option<Self> {
        Self::new(text).ok()
    }

    fn show(&self) -> Json {
        json!(self.as_str())
    }

    fn schema() -> Json {
        json!({ "type": "string", "minLength": 1, "maxLength": 256 })
    }
}

impl Value for HeaderName {
    const EXPECTED: &'static str = "the name of an HTTP header";

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> Json {
        json!(self.as_str())
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" })
    }
}

/// An `http` or `https` URL with a host, without user, password or fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpUrl(Uri);

impl HttpUrl {
    /// The URL without a `/` at its end, as issuers are written.
    pub fn trimmed(&self) -> String {
        self.0.to_string().trim_end_matches('/').to_owned()
    }

    /// The URL in its parts.
    pub fn uri(&self) -> &Uri {
        &self.0
    }

    /// Whether its host is this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.0.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Whether it is spoken over TLS.
    pub fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }
}

impl Value for HttpUrl {
    const EXPECTED: &'static str = "an http or https URL without user and password";
    /// A URL that is wrong may hold a password.
    const ECHO: bool = false;

    fn from_text(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let known = matches!(uri.scheme_str(), Some("http" | "https"));
        let authority = uri.authority()?;
        let plain = !authority.as_str().contains('@') && !authority.host().is_empty() && !text.contains('#');
        (known && plain).then_some(Self(uri))
    }

    fn show(&self) -> Json {
        json!(self.trimmed())
    }

    fn schema() -> Json {
        json!({ "type": "string", "format": "uri", "pattern": "^https?://" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_with_a_password_is_no_setting() {
        assert!(HttpUrl::from_text("https://a.example/jwks").is_some());
        for bad in ["https://u:p@a.example", "ftp://a.example", "a.example", "/x", "https://a.example/#x"] {
            assert_eq!(HttpUrl::from_text(bad), None, "{bad}");
        }
    }
}
