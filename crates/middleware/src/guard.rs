//! A connection that is cut when the session of its token is revoked.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker, ready};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use futures_util::{Sink, Stream};
use pin_project_lite::pin_project;
use quash_verify::{Watch, WatchEnd};
use tokio::time::{Sleep, sleep};

/// How long a peer has to take the farewell and to answer it.
pub const FAREWELL_FOR: Duration = Duration::from_secs(1);

pin_project! {
    /// A stream and sink of messages, such as a WebSocket, that ends when the session of its token is revoked.
    ///
    /// From the moment that the watch resolves, nothing that the peer sends reaches the reader, and nothing is sent but
    /// one last message, the farewell; the stream then ends as soon as the peer closed, or after [`FAREWELL_FOR`].
    /// Whoever waits to read or to write is woken at once. Whoever does neither is not: wrap such a handler in
    /// [`until_revoked`](crate::until_revoked), too.
    ///
    /// A renewal of the token wakes nobody: it is the session that is watched (S55).
    pub struct Guarded<S, M> {
        #[pin]
        inner: S,
        watch: Watch,
        wakers: Arc<Wakers>,
        timer: Option<Pin<Box<Sleep>>>,
        farewell: fn(&WatchEnd) -> M,
        state: State<M>,
    }
}

enum State<M> {
    Open,
    /// The farewell is on its way; `None` once it is in the hands of the connection.
    Parting(Option<M>),
    /// The peer has it, and has yet to close.
    Parted,
    Closed,
}

/// Who waits at the two halves, which may be two tasks: a watch and a timer wake both.
#[derive(Default)]
struct Wakers {
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.reader.wake();
        self.writer.wake();
    }
}

#[derive(Clone, Copy)]
enum Half {
    Reader,
    Writer,
}

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError<E> {
    /// The session was revoked: nothing more is sent.
    #[error("the session is revoked")]
    Revoked,
    /// The connection failed.
    #[error(transparent)]
    Connection(E),
}

impl<S, M, E> Guarded<S, M>
where
    S: Stream<Item = Result<M, E>> + Sink<M, Error = E>,
{
    /// Guards `inner`, whose last message is made by `farewell`. Within a runtime of tokio.
    pub fn new(inner: S, watch: Watch, farewell: fn(&WatchEnd) -> M) -> Self {
        Self { inner, watch, wakers: Arc::default(), timer: None, farewell, state: State::Open }
    }

    /// `None` while the session lives; ready once it is revoked and the farewell is over.
    fn poll_cut(mut self: Pin<&mut Self>, half: Half, context: &Context<'_>) -> Option<Poll<()>> {
        let mut this = self.as_mut().project();
        match half {
            Half::Reader => this.wakers.reader.register(context.waker()),
            Half::Writer => this.wakers.writer.register(context.waker()),
        }
        let waker = Waker::from(Arc::clone(this.wakers));
        let mut context = Context::from_waker(&waker);
        if matches!(this.state, State::Open) {
            let Poll::Ready(end) = Pin::new(&mut this.watch).poll(&mut context) else { return None };
            *this.state = State::Parting(Some((this.farewell)(&end)));
            *this.timer = Some(Box::pin(sleep(FAREWELL_FOR)));
        }
        Some(self.poll_part(&mut context))
    }

    /// Says farewell, and waits until the peer closed or its time is over.
    fn poll_part(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.as_mut().project();
        if this.timer.as_mut().is_none_or(|timer| timer.as_mut().poll(context).is_ready()) {
            *this.state = State::Closed;
        }
        loop {
            let mut this = self.as_mut().project();
            let next = match this.state {
                State::Parting(Some(_)) => match ready!(this.inner.as_mut().poll_ready(context)) {
                    Ok(()) => start_farewell(this.inner, this.state),
                    Err(_) => State::Closed,
                },
                State::Parting(None) => match ready!(this.inner.as_mut().poll_flush(context)) {
                    Ok(()) => State::Parted,
                    Err(_) => State::Closed,
                },
                // What arrives now was sent by somebody who is signed out. It is read all the same: a connection that
                // is closed with bytes unread is reset, and the farewell can be lost with it.
                State::Parted => match ready!(this.inner.as_mut().poll_next(context)) {
                    Some(Ok(_)) => State::Parted,
                    Some(Err(_)) | None => State::Closed,
                },
                State::Open | State::Closed => return Poll::Ready(()),
            };
            *self.as_mut().project().state = next;
        }
    }
}

fn start_farewell<S: Sink<M>, M>(inner: Pin<&mut S>, state: &mut State<M>) -> State<M> {
    let State::Parting(farewell) = state else { return State::Closed };
    let sent = farewell.take().map(|message| inner.start_send(message));
    if matches!(sent, Some(Ok(()))) { State::Parting(None) } else { State::Closed }
}

impl<S, M, E> Stream for Guarded<S, M>
where
    S: Stream<Item = Result<M, E>> + Sink<M, Error = E>,
{
    type Item = Result<M, E>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.as_mut().poll_cut(Half::Reader, context) {
            Some(cut) => cut.map(|()| None),
            None => self.project().inner.poll_next(context),
        }
    }
}

impl<S, M, E> Sink<M> for Guarded<S, M>
where
    S: Stream<Item = Result<M, E>> + Sink<M, Error = E>,
{
    type Error = SendError<E>;

    fn poll_ready(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        match self.as_mut().poll_cut(Half::Writer, context) {
            Some(cut) => cut.map(|()| Err(SendError::Revoked)),
            None => self.project().inner.poll_ready(context).map_err(SendError::Connection),
        }
    }

    fn start_send(self: Pin<&mut Self>, message: M) -> Result<(), Self::Error> {
        let this = self.project();
        if !matches!(this.state, State::Open) {
            return Err(SendError::Revoked);
        }
        this.inner.start_send(message).map_err(SendError::Connection)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        match self.as_mut().poll_cut(Half::Writer, context) {
            Some(cut) => cut.map(|()| Err(SendError::Revoked)),
            None => self.project().inner.poll_flush(context).map_err(SendError::Connection),
        }
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        match self.as_mut().poll_cut(Half::Writer, context) {
            Some(cut) => cut.map(Ok),
            None => self.project().inner.poll_close(context).map_err(SendError::Connection),
        }
    }
}

impl<S, M> std::fmt::Debug for Guarded<S, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guarded").finish_non_exhaustive()
    }
}
