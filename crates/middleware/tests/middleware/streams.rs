//! Work and streams that are cut when their session is revoked, and what a guarded connection does to its two halves
//! (S55, attack row 39, I11).

use std::convert::Infallible;
use std::future::pending;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Extension;
use axum::routing::get;
use futures_util::stream::{self, StreamExt};
use futures_util::{SinkExt, Stream};
use http::Request;
use http_body_util::BodyExt;
use quash_middleware::testing::TestIssuer;
use quash_middleware::{
    Authenticated, Denial, Gate, Guarded, RequireToken, SendError, Verified, stream_until_revoked,
    until_revoked,
};
use serde_json::json;
use tokio::sync::mpsc;
use tower::ServiceExt;

fn admitted(issuer: &TestIssuer, sid: &str) -> Verified {
    let token = issuer.token("alice", json!({ "sid": sid }));
    let headers = [("authorization".parse().unwrap(), format!("Bearer {token}").parse().unwrap())];
    issuer.gate().admit(&headers.into_iter().collect()).unwrap()
}

#[tokio::test]
async fn work_goes_on_until_it_is_done_or_the_session_is_revoked() {
    let issuer = TestIssuer::new();
    let (gate, user) = (issuer.gate(), admitted(&issuer, "ses_1"));
    assert_eq!(until_revoked(gate.watch(&user), async { 7 }).await.unwrap(), 7);

    let cut = tokio::spawn(until_revoked(gate.watch(&user), pending::<()>()));
    tokio::task::yield_now().await;
    issuer.refresh_session("ses_1");
    issuer.end_session("ses_1");
    let denial = Denial::from(cut.await.unwrap().unwrap_err());
    assert_eq!((denial.reason(), denial.remedy().unwrap().name()), ("admin", "sign_in"));
}

#[tokio::test]
async fn whoever_was_revoked_before_the_watch_began_gets_nothing() {
    let issuer = TestIssuer::new();
    let (gate, user) = (issuer.gate(), admitted(&issuer, "ses_1"));
    issuer.end_session("ses_1");
    assert!(until_revoked(gate.watch(&user), async { 7 }).await.is_err());
    assert_eq!(stream_until_revoked(gate.watch(&user), stream::iter([1, 2, 3])).count().await, 0);
}

#[tokio::test]
async fn a_streamed_body_ends_when_the_session_is_revoked() {
    async fn news(Extension(gate): Extension<Gate>, user: Authenticated) -> Body {
        let ticks = stream::once(async { Bytes::from("data: 1\n\n") }).chain(stream::pending());
        let ticks = ticks.map(Ok::<_, Infallible>);
        Body::from_stream(stream_until_revoked(gate.watch(&user), ticks))
    }
    let issuer = TestIssuer::new();
    let gate = issuer.gate();
    let api =
        Router::new().route("/", get(news)).layer(RequireToken::new(gate.clone())).layer(Extension(gate));
    let token = issuer.token("alice", json!({ "sid": "ses_1" }));
    let request = Request::get("/").header("authorization", format!("Bearer {token}"));
    let mut body = api.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "data: 1\n\n");
    issuer.end_session("ses_1");
    assert!(body.frame().await.is_none(), "the stream goes on");
}

/// One end of a connection: what it is given to read, and what was written to it.
fn connection() -> (
    mpsc::UnboundedSender<&'static str>,
    mpsc::Receiver<&'static str>,
    impl Stream<Item = Result<&'static str, Closed>> + futures_util::Sink<&'static str, Error = Closed> + Unpin,
) {
    let (send, mut arriving) = mpsc::unbounded_channel();
    let (written, receive) = mpsc::channel::<&'static str>(1);
    let reading = stream::poll_fn(move |context| arriving.poll_recv(context)).map(Ok);
    let writing = futures_util::sink::unfold(written, |written, message| async move {
        written.send(message).await.map_err(|_| Closed)?;
        Ok(written)
    });
    (send, receive, Both(Box::pin(reading), Box::pin(writing)))
}

#[derive(Debug)]
struct Closed;

struct Both<R, W>(std::pin::Pin<Box<R>>, std::pin::Pin<Box<W>>);

impl<R: Stream, W> Stream for Both<R, W> {
    type Item = R::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<R::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl<R, M, W: futures_util::Sink<M>> futures_util::Sink<M> for Both<R, W> {
    type Error = W::Error;

    fn poll_ready(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), W::Error>> {
        self.1.as_mut().poll_ready(context)
    }

    fn start_send(mut self: std::pin::Pin<&mut Self>, message: M) -> Result<(), W::Error> {
        self.1.as_mut().start_send(message)
    }

    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), W::Error>> {
        self.1.as_mut().poll_flush(context)
    }

    fn poll_close(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), W::Error>> {
        self.1.as_mut().poll_close(context)
    }
}

#[tokio::test]
async fn both_halves_of_a_connection_are_cut_in_whatever_task_they_are() {
    let issuer = TestIssuer::new();
    let (gate, user) = (issuer.gate(), admitted(&issuer, "ses_1"));
    let (arriving, mut written, inner) = connection();
    let (mut writer, mut reader) = Guarded::new(inner, gate.watch(&user), |_| "farewell").split();
    let reading = tokio::spawn(async move { reader.next().await.is_none() });
    let writing = tokio::spawn(async move {
        loop {
            // Nobody takes what is written: after the first message, this waits.
            if let Err(error) = writer.send("message").await {
                return error;
            }
        }
    });
    // Both tasks wait now: one message was taken, and nobody takes the next.
    assert_eq!(written.recv().await, Some("message"));
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    issuer.end_session("ses_1");
    arriving.send("too late").unwrap();
    drop(arriving);
    while let Some(message) = written.recv().await {
        assert!(matches!(message, "message" | "farewell"));
        if message == "farewell" {
            break;
        }
    }
    assert!(reading.await.unwrap(), "something was read after the revocation");
    assert!(matches!(writing.await.unwrap(), SendError::Revoked));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_is_left_after_a_second() {
    let issuer = TestIssuer::new();
    let (gate, user) = (issuer.gate(), admitted(&issuer, "ses_1"));
    let (_arriving, _written, inner) = connection();
    let mut guarded = Guarded::new(inner, gate.watch(&user), |_| "farewell");
    while futures_util::FutureExt::now_or_never(guarded.send("message")).is_some() {}
    issuer.end_session("ses_1");
    let before = tokio::time::Instant::now();
    assert!(guarded.next().await.is_none());
    assert_eq!(before.elapsed(), quash_middleware::FAREWELL_FOR);
}
