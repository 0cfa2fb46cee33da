//! Where an authority, or a relay, is.

use std::fmt;

use http::Uri;

/// Whether a service key may travel unprotected to another machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// Only to this machine: `http` and `ws` work with a loopback address alone.
    #[default]
    LoopbackOnly,
    /// Anywhere: something else protects the way.
    Anywhere,
}

/// Where an authority, or a relay, is: a URL whose scheme is `https` or `wss`, or `http` or `ws` where that is
/// allowed, with a path in front of its endpoints if it has one.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    secure: bool,
    host: Box<str>,
    port: u16,
    path: Box<str>,
}

/// Why a text is no address of an authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It is not a URL of this kind.
    #[error("expected a URL such as `https://auth.example`, without user, query and fragment")]
    Form,
    /// The key would travel unprotected.
    #[error("the key would travel over plain HTTP to another machine: use `https`, or allow it explicitly")]
    Unprotected,
}

impl Address {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(url: &str, plain: PlainHttp) -> Result<Self, AddressError> {
        let uri: Uri = url.parse().map_err(|_| AddressError::Form)?;
        let secure = match uri.scheme_str() {
            Some("https" | "wss") => true,
            Some("http" | "ws") => false,
            _ => return Err(AddressError::Form),
        };
        let authority = uri.authority().ok_or(AddressError::Form)?;
        if authority.as_str().contains('@') || uri.query().is_some() || url.contains('#') {
            return Err(AddressError::Form);
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(AddressError::Form);
        }
        if !secure && plain == PlainHttp::LoopbackOnly && !is_loopback(host) {
            return Err(AddressError::Unprotected);
        }
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let path = uri.path().trim_end_matches('/');
        Ok(Self { secure, host: host.into(), port, path: path.into() })
    }

    /// Whether the way is encrypted.
    pub(super) const fn is_secure(&self) -> bool {
        self.secure
    }

    /// A name, or an IP address without brackets.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// The URL of an endpoint, for a WebSocket.
    pub(super) fn socket_url(&self, endpoint: &str) -> String {
        self.url(if self.secure { "wss" } else { "ws" }, endpoint)
    }

    /// The URL of an endpoint, for a request.
    pub(super) fn request_url(&self, endpoint: &str) -> String {
        self.url(if self.secure { "https" } else { "http" }, endpoint)
    }

    fn url(&self, scheme: &str, endpoint: &str) -> String {
        let Self { host, port, path, .. } = self;
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_string() };
        format!("{scheme}://{host}:{port}{path}{endpoint}")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.request_url(""))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Address, AddressError> {
        Address::parse(url, PlainHttp::LoopbackOnly)
    }

    #[test]
    fn an_address_has_a_scheme_a_host_and_perhaps_a_port_and_a_path() {
        let cases = [
            ("https://auth.example", "wss://auth.example:443/v1/feed/ws"),
            ("wss://auth.example:8443/quash/", "wss://auth.example:8443/quash/v1/feed/ws"),
            ("http://127.0.0.1:7070", "ws://127.0.0.1:7070/v1/feed/ws"),
            ("ws://[::1]:7070", "ws://[::1]:7070/v1/feed/ws"),
            ("http://localhost", "ws://localhost:80/v1/feed/ws"),
        ];
        for (text, url) in cases {
            assert_eq!(read(text).unwrap().socket_url("/v1/feed/ws"), url, "{text}");
        }
    }

    #[test]
    fn a_key_does_not_travel_unprotected_unless_that_is_said() {
        for url in ["http://auth.example", "ws://10.0.0.1:7070", "http://localhost.example"] {
            assert_eq!(read(url), Err(AddressError::Unprotected), "{url}");
            assert!(Address::parse(url, PlainHttp::Anywhere).is_ok(), "{url}");
        }
    }

    #[test]
    fn everything_else_is_no_address() {
        for url in [
            "",
            "auth.example",
            "ftp://auth.example",
            "https://",
            "https://user:secret@auth.example",
            "https://auth.example/?a=b",
            "https://auth.example/#a",
        ] {
            assert_eq!(read(url), Err(AddressError::Form), "{url}");
        }
    }
}
