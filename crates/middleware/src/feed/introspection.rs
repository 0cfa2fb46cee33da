//! Asking an authority about one token (RFC 7662).

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use serde_json::Value;
use tokio::time::timeout;

use super::address::Address;
use super::key::ServiceKey;
use crate::ask::{Ask, Asking, Introspected, Unreachable};

const ENDPOINT: &str = "/oauth/introspect";
/// How long one server may take to answer: a request waits for it.
const PATIENCE: Duration = Duration::from_secs(1);
/// The longest answer that is read.
const LONGEST_ANSWER: usize = 256 << 10;

/// Asks the authorities that the feed comes from about single tokens, one after the other until one answers. Cheap to
/// clone.
#[derive(Clone)]
pub struct Introspection(Arc<Parts>);

struct Parts {
    urls: Vec<String>,
    /// The one that answered last.
    preferred: AtomicUsize,
    key: ServiceKey,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Introspection {
    pub(super) fn new(addresses: &[Address], key: ServiceKey, tls: &Arc<ClientConfig>) -> Self {
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(ClientConfig::clone(tls))
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let urls = addresses.iter().map(|address| address.request_url(ENDPOINT)).collect();
        Self(Arc::new(Parts { urls, preferred: AtomicUsize::new(0), key, client }))
    }

    /// At most a second for each server.
    async fn ask_one_after_the_other(&self, token: &str) -> Result<Introspected, Unreachable> {
        let count = self.0.urls.len();
        let first = self.0.preferred.load(Ordering::Relaxed);
        for place in (0..count).map(|step| (first + step) % count.max(1)) {
            let Some(url) = self.0.urls.get(place) else { continue };
            if let Ok(Some(answer)) = timeout(PATIENCE, self.ask_at(url, token)).await {
                self.0.preferred.store(place, Ordering::Relaxed);
                return Ok(answer);
            }
        }
        Err(Unreachable)
    }

    async fn ask_at(&self, url: &str, token: &str) -> Option<Introspected> {
        let body = format!("token={}", form_encoded(token));
        let request = Request::post(url)
            .header(AUTHORIZATION, self.0.key.bearer().ok()?)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .body(Full::new(Bytes::from(body)))
            .ok()?;
        let response = self.0.client.request(request).await.ok()?;
        if !response.status().is_success() {
            return None;
        }
        let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await.ok()?.to_bytes();
        let answer: Value = serde_json::from_slice(&body).ok()?;
        // RFC 7662 section 2.2: the one member that is always there.
        answer
            .get("active")?
            .as_bool()
            .map(|active| if active { Introspected::Active } else { Introspected::Inactive })
    }
}

impl Ask for Introspection {
    fn introspect<'a>(&'a self, token: &'a str) -> Asking<'a> {
        Box::pin(self.ask_one_after_the_other(token))
    }
}

impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspection").field("urls", &self.0.urls).finish_non_exhaustive()
    }
}

/// `text` as the value of a form (WHATWG URL section 5.2), everything but letters, digits and `-._` encoded.
fn form_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            encoded.push(char::from(byte));
        } else {
            // Writing into a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
