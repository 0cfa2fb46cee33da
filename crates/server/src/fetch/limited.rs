//! One GET over an open connection, with a bound on what comes back.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, HOST, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use super::LARGEST;
use super::connect::Stream;
use super::error::FetchError;
use crate::config::names::HttpUrl;

/// The longest header of an answer, in bytes.
const LARGEST_HEADER: usize = 16 << 10;

pub(super) async fn get(stream: Box<dyn Stream>, url: &HttpUrl) -> Result<Bytes, FetchError> {
    let handshake = http1::Builder::new().max_buf_size(LARGEST_HEADER).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(broken)?;
    let exchange = async {
        let response = sender.send_request(request(url)?).await.map_err(broken)?;
        // A redirect is an answer like any other that is not the document.
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let announced = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        if announced.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > LARGEST) {
            return Err(FetchError::TooLarge);
        }
        read(response.into_body()).await
    };
    // The connection is driven here and dropped here: nothing outlives the fetch.
    let mut exchange = std::pin::pin!(exchange);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        biased;
        answer = &mut exchange => answer,
        ended = &mut connection => match ended {
            // What came before the end may be all there is.
            Ok(()) => exchange.await,
            Err(error) => Err(broken(error)),
        },
    }
}

fn request(url: &HttpUrl) -> Result<Request<Empty<Bytes>>, FetchError> {
    let path = url.uri().path_and_query().map_or("/", |path| path.as_str());
    let host = url.uri().authority().map_or("", |authority| authority.as_str());
    Request::get(path)
        .header(HOST, host)
        .header(USER_AGENT, "quash")
        .header(ACCEPT, "application/jwk-set+json, application/json")
        .body(Empty::new())
        .map_err(|error| FetchError::Broken(error.to_string()))
}

async fn read(body: Incoming) -> Result<Bytes, FetchError> {
    match Limited::new(body, LARGEST).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(FetchError::TooLarge),
        Err(error) => Err(FetchError::Broken(error.to_string())),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn broken(error: hyper::Error) -> FetchError {
    FetchError::Broken(error.to_string())
}
