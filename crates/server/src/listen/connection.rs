//! One connection, from its first byte to its end.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Request, Response, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::Service;

use super::in_flight::{InFlight, ResponseBody};
use super::limits::{LARGEST_HEADER, Limits, MOST_HEADER_FIELDS, MOST_STREAMS};
use super::progress::{Cut, Order, Phase, Progress};
use super::watchdog::Watchdog;

/// A request took longer than it may. The connection (HTTP/1) or the stream (HTTP/2) is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the request took longer than it may")]
struct TookTooLong;

/// How hyper speaks with our peers. Its own time-outs are off: they do not see the first byte.
pub(super) fn protocol() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_buf_size(LARGEST_HEADER)
        .max_headers(MOST_HEADER_FIELDS)
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(LARGEST_HEADER).unwrap_or(u32::MAX))
        .max_concurrent_streams(MOST_STREAMS);
    builder
}

/// Serves `io` until it is over. `None`: the peer or the protocol ended it.
pub(super) async fn serve<I>(
    io: I,
    peer: SocketAddr,
    router: &Router,
    protocol: &Builder<TokioExecutor>,
    progress: &Arc<Progress>,
    limits: Limits,
) -> Option<Cut>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|request| answer(request, peer, router.clone(), Arc::clone(progress), limits));
    let mut connection = pin!(protocol.serve_connection_with_upgrades(TokioIo::new(io), service));
    let mut watchdog = Watchdog::new(limits);
    let mut leaving = false;
    poll_fn(|context| {
        progress.watched_by(context);
        if progress.ordered(Order::Quit) {
            return Poll::Ready(Some(Cut::Ordered));
        }
        if progress.ordered(Order::Finish) && !leaving {
            leaving = true;
            connection.as_mut().graceful_shutdown();
        }
        loop {
            if connection.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
            match watchdog.poll(progress, context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Cut::Late(Phase::Idle)) if !leaving => {
                    leaving = true;
                    connection.as_mut().graceful_shutdown();
                    progress.enter(Phase::Closing);
                }
                Poll::Ready(cut) => return Poll::Ready(Some(cut)),
            }
        }
    })
    .await
}

/// Hands one request to the router, with the peer's address where [`ConnectInfo`] looks for it.
async fn answer(
    mut request: Request<Incoming>,
    peer: SocketAddr,
    mut router: Router,
    progress: Arc<Progress>,
    limits: Limits,
) -> Result<Response<ResponseBody>, TookTooLong> {
    let in_flight = InFlight::begin(&progress, request.version() == Version::HTTP_2);
    drop(progress);
    request.extensions_mut().insert(ConnectInfo(peer));
    let call = pin!(router.call(request));
    let Ok(response) = within(limits.request_timeout, call).await?;
    Ok(response.map(|body| in_flight.carried_by(body)))
}

type Answer = Result<Response<Body>, Infallible>;

/// Waits for `call`, for at most `timeout`. What is answered from memory never sets up a timer.
async fn within<F: Future<Output = Answer>>(
    timeout: Duration,
    mut call: Pin<&mut F>,
) -> Result<Answer, TookTooLong> {
    let at_once = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
    match at_once {
        Poll::Ready(answer) => Ok(answer),
        Poll::Pending => tokio::time::timeout(timeout, call).await.map_err(|_| TookTooLong),
    }
}
