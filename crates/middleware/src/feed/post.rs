//! Posting to the servers that the feed comes from, one after the other until one answers.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;

use super::address::Address;
use super::key::ServiceKey;

/// The longest answer that is read.
const LONGEST_ANSWER: usize = 256 << 10;

/// Posts to one endpoint of each server, with the key that the feed is followed with.
pub(super) struct Post {
    urls: Vec<String>,
    /// The one that answered last.
    preferred: AtomicUsize,
    key: ServiceKey,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// What a server said.
pub(super) enum Posted {
    /// It did what was asked.
    Done(Bytes),
    /// It did not.
    Refused(StatusCode),
}

impl Post {
    pub(super) fn new(
        endpoint: &str,
        addresses: &[Address],
        key: ServiceKey,
        tls: &Arc<ClientConfig>,
    ) -> Self {
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(ClientConfig::clone(tls))
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let urls = addresses.iter().map(|address| address.request_url(endpoint)).collect();
        Self { urls, preferred: AtomicUsize::new(0), key, client }
    }

    /// Every server, the one that answered last first.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> + use<> {
        let (count, first) = (self.urls.len(), self.preferred.load(Ordering::Relaxed));
        (0..count).map(move |step| (first + step) % count)
    }

    /// The server at `place` answered: it is asked first from now on.
    pub(super) fn prefer(&self, place: usize) {
        self.preferred.store(place, Ordering::Relaxed);
    }

    /// What the server at `place` says to `body`. None: nothing that could be read. Takes as long as it takes.
    pub(super) async fn at(&self, place: usize, content_type: &'static str, body: Bytes) -> Option<Posted> {
        let request = Request::post(self.urls.get(place)?)
            .header(AUTHORIZATION, self.key.bearer().ok()?)
            .header(CONTENT_TYPE, HeaderValue::from_static(content_type))
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .body(Full::new(body))
            .ok()?;
        let response = self.client.request(request).await.ok()?;
        if !response.status().is_success() {
            return Some(Posted::Refused(response.status()));
        }
        let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await.ok()?;
        Some(Posted::Done(body.to_bytes()))
    }
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("urls", &self.urls).finish_non_exhaustive()
    }
}
