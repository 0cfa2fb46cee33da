//! A small HTTP client for the commands: JSON in, JSON out, no redirects.

pub mod error;
pub mod events;
pub mod options;
pub mod query;

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value as Json;

use self::error::ClientError;
use self::events::EventStream;
use crate::secret::Secret;

/// The largest answer read.
const LARGEST_ANSWER: usize = 16 << 20;
/// Longer than any call takes that waits for nobody.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Speaks with one server.
#[derive(Debug)]
pub struct Client {
    base: String,
    key: Option<Secret>,
    timeout: Duration,
    inner: hyper_util::client::legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// What the server said.
#[derive(Debug)]
pub struct Answer {
    /// Whether it worked, and how it did not.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body; `null` when it is empty or not JSON.
    pub body: Json,
}

/// What a request carries.
#[derive(Clone, Copy, Debug)]
pub enum Payload<'a> {
    /// Nothing.
    None,
    /// JSON.
    Json(&'a Json),
    /// `application/x-www-form-urlencoded`.
    Form(&'a [(&'a str, &'a str)]),
}

impl Payload<'_> {
    fn kind(&self) -> Option<HeaderValue> {
        match self {
            Self::None => None,
            Self::Json(_) => Some(HeaderValue::from_static("application/json")),
            Self::Form(_) => Some(HeaderValue::from_static("application/x-www-form-urlencoded")),
        }
    }

    fn bytes(&self) -> Bytes {
        match self {
            Self::None => Bytes::new(),
            Self::Json(value) => value.to_string().into(),
            Self::Form(fields) => {
                form_urlencoded::Serializer::new(String::new()).extend_pairs(*fields).finish().into()
            }
        }
    }
}

impl Client {
    /// A client for the server at `base`, with the certificates that `tls` trusts.
    pub fn new(base: &str, key: Option<Secret>, tls: rustls::ClientConfig) -> Self {
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .build();
        let inner = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector);
        Self { base: base.trim_end_matches('/').to_owned(), key, timeout: TIMEOUT, inner }
    }

    /// The same, for a call in which the server waits for others, for as long as `span`.
    #[must_use]
    pub fn waiting_for(self, span: Duration) -> Self {
        Self { timeout: TIMEOUT.saturating_add(span), ..self }
    }

    /// Where the server is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Asks for `path`, with the service key.
    ///
    /// # Errors
    /// [`ClientError`]; an answer that refuses is one.
    pub async fn get(&self, path: &str) -> Result<Json, ClientError> {
        self.call(Method::GET, path, Payload::None).await
    }

    /// Deletes `path`, with the service key.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn delete(&self, path: &str) -> Result<Json, ClientError> {
        self.call(Method::DELETE, path, Payload::None).await
    }

    /// Sends `body` to `path`, with the service key.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn post(&self, path: &str, body: &Json) -> Result<Json, ClientError> {
        self.call(Method::POST, path, Payload::Json(body)).await
    }

    /// Sends a form to `path`, with the service key.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Result<Json, ClientError> {
        self.call(Method::POST, path, Payload::Form(fields)).await
    }

    async fn call(&self, method: Method, path: &str, payload: Payload<'_>) -> Result<Json, ClientError> {
        let key = self.key.as_ref().and_then(Secret::as_key);
        let answer = self.send(method, path, payload, key).await?;
        if answer.status.is_success() { Ok(answer.body) } else { Err(ClientError::refused(&answer)) }
    }

    /// Sends a request with `bearer`, whoever that is, or with nothing. Every answer is returned.
    ///
    /// # Errors
    /// Only when there is no answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        payload: Payload<'_>,
        bearer: Option<&str>,
    ) -> Result<Answer, ClientError> {
        let uri: Uri = format!("{}{path}", self.base).parse().map_err(|_| ClientError::Url)?;
        let mut request = Request::builder().method(method).uri(uri).header(ACCEPT, "application/json");
        if let Some(bearer) = bearer {
            request = request.header(AUTHORIZATION, self::bearer(bearer)?);
        }
        if let Some(kind) = payload.kind() {
            request = request.header(CONTENT_TYPE, kind);
        }
        let request = request.body(Full::new(payload.bytes())).map_err(|_| ClientError::Url)?;
        tokio::time::timeout(self.timeout, self.exchange(request)).await.map_err(|_| ClientError::TooSlow)?
    }

    /// Opens the stream of events at `path`, with the service key.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn events(&self, path: &str) -> Result<EventStream, ClientError> {
        let uri: Uri = format!("{}{path}", self.base).parse().map_err(|_| ClientError::Url)?;
        let mut request = Request::get(uri).header(ACCEPT, "text/event-stream");
        if let Some(key) = self.key.as_ref().and_then(Secret::as_key) {
            request = request.header(AUTHORIZATION, bearer(key)?);
        }
        let request = request.body(Full::default()).map_err(|_| ClientError::Url)?;
        let opened = tokio::time::timeout(TIMEOUT, self.inner.request(request)).await;
        let response = opened.map_err(|_| ClientError::TooSlow)?;
        let response = response.map_err(|error| ClientError::unreachable(&self.base, &error))?;
        if response.status().is_success() {
            return Ok(EventStream::new(self.base.clone(), response.into_body()));
        }
        Err(ClientError::refused(&self.read(response).await?))
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Answer, ClientError> {
        let unreachable = |error: &dyn std::error::Error| ClientError::unreachable(&self.base, error);
        let response = self.inner.request(request).await.map_err(|error| unreachable(&error))?;
        self.read(response).await
    }

    async fn read(&self, response: http::Response<Incoming>) -> Result<Answer, ClientError> {
        let unreachable = |error: &dyn std::error::Error| ClientError::unreachable(&self.base, error);
        let (head, body) = response.into_parts();
        let bytes = Limited::new(body, LARGEST_ANSWER).collect().await;
        let bytes = bytes.map_err(|error| unreachable(&*error))?.to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Json::Null);
        Ok(Answer { status: head.status, headers: head.headers, body })
    }
}

fn bearer(key: &str) -> Result<HeaderValue, ClientError> {
    let mut value = HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| ClientError::NotAHeader)?;
    value.set_sensitive(true);
    Ok(value)
}
