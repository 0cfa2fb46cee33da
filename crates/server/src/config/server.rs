//! `[server]`: where it listens, what it is called, where its data lies.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::names::HttpUrl;
use super::section::Section;
use super::tls::TlsConfig;
use super::value::Value;

/// Where the server listens and what it is called.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerConfig {
    /// The public API.
    pub listen: SocketAddr,
    /// `/v1` but the users' own calls, on a listener of its own; none: on the public one.
    pub admin_listen: Option<SocketAddr>,
    /// `/metrics`, on a listener of its own; none: on the public one.
    pub metrics_listen: Option<SocketAddr>,
    /// What the outside calls this server, without `/` at the end.
    pub public_url: String,
    /// The directory of the store, the master secrets and the process lock.
    pub data: PathBuf,
    /// Certificate and key, when TLS ends here.
    pub tls: Option<TlsConfig>,
}

const LOCALHOST: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(LOCALHOST, 7070);
const DEFAULT_EDGE_LISTEN: SocketAddr = SocketAddr::new(LOCALHOST, 7071);

impl ServerConfig {
    /// Reads the section.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let listen = section.value("listen", "where the public API listens", DEFAULT_LISTEN);
        let admin_listen = section
            .optional("admin_listen", "a listener of its own for administration; none: the public one");
        let metrics_listen =
            section.optional("metrics_listen", "a listener of its own for metrics; none: the public one");
        let public_url = public_url(section, listen);
        let data = section.value("data", "the directory of the store", PathBuf::from("quash-data"));
        let tls = section.section("tls", "certificate and key, when TLS ends here", TlsConfig::read);
        let protected = is_protected(section, tls.is_some());
        let listeners =
            [("listen", Some(listen)), ("admin_listen", admin_listen), ("metrics_listen", metrics_listen)];
        for (name, address) in listeners {
            if let Some(address) = address {
                check_listener(section, name, address, protected);
            }
        }
        Self { listen, admin_listen, metrics_listen, public_url, data, tls }
    }

    /// Reads the section of an edge: no administration is done there, and it has no issuer of its own to be called
    /// by, so what speaks of those is left alone.
    pub(super) fn read_for_edge(section: &mut Section<'_>) -> Self {
        let listen = section.value("listen", "where the edge listens", DEFAULT_EDGE_LISTEN);
        let metrics_listen = section
            .optional("metrics_listen", "a listener of its own for metrics; none: the one for everything");
        let data = section.value("data", "the directory of its state", PathBuf::from("quash-edge-data"));
        let tls = section.section("tls", "certificate and key, when TLS ends here", TlsConfig::read);
        let protected = is_protected(section, tls.is_some());
        for (name, address) in [("listen", Some(listen)), ("metrics_listen", metrics_listen)] {
            if let Some(address) = address {
                check_listener(section, name, address, protected);
            }
        }
        for name in ["admin_listen", "public_url"] {
            section.leave(name);
        }
        let scheme = if tls.is_some() { "https" } else { "http" };
        let public_url = format!("{scheme}://{listen}");
        Self { listen, admin_listen: None, metrics_listen, public_url, data, tls }
    }
}

/// Whether what is spoken off loopback is encrypted, here or in front.
fn is_protected(section: &mut Section<'_>, tls: bool) -> bool {
    let terminated = section.value(
        "tls_terminated_in_front",
        "says that TLS ends in front of the server, so that plain HTTP is safe off loopback",
        false,
    );
    tls || terminated
}

/// Without `--dev` it must be said: it is the issuer in every token.
fn public_url(section: &mut Section<'_>, listen: SocketAddr) -> String {
    let what = "what the outside calls this server; the issuer of its tokens unless `tokens.issuer` says otherwise; \
                with `--dev` by default `http://` and where it listens";
    if !section.dev() {
        return section.required::<HttpUrl>("public_url", what).map(|url| url.trimmed()).unwrap_or_default();
    }
    let text = format!("http://{listen}");
    HttpUrl::from_text(&text).map_or(text, |url| section.value("public_url", what, url).trimmed())
}

fn check_listener(section: &mut Section<'_>, name: &str, address: SocketAddr, protected: bool) {
    if address.ip().is_loopback() {
        return;
    }
    if section.dev() {
        section.problem(
            name,
            format!("found {address}, expected a loopback address: `--dev` is for one machine"),
        );
    } else if !protected {
        section.problem(
            name,
            format!(
                "found {address}, expected TLS off loopback: set `server.tls.cert_file` and `server.tls.key_file`, \
                 or `server.tls_terminated_in_front = true` where TLS ends in front"
            ),
        );
    }
}
