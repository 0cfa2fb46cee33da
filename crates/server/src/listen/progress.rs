//! How far one connection is: written by its socket and its requests, read by its watchdog.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::time::Instant;

use super::limits::Limits;

/// What the connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its first byte.
    Fresh,
    /// The rest of a header.
    Header,
    /// The next request.
    Idle,
    /// Us: a request is being answered.
    Busy,
    /// The peer, which was told goodbye.
    Closing,
}

impl Phase {
    const ALL: [Self; 5] = [Self::Fresh, Self::Header, Self::Idle, Self::Busy, Self::Closing];
    const BITS: u32 = 3;

    fn from_bits(bits: u64) -> Self {
        Self::ALL.into_iter().find(|phase| *phase as u64 == bits).unwrap_or(Self::Busy)
    }
}

/// What the listener wants of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Order {
    /// Go on.
    Run,
    /// Finish what runs, then close.
    Finish,
    /// Close now.
    Quit,
}

/// Why a connection was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Its time for the phase it is in ran out.
    Late(Phase),
    /// It took nothing of a response that was ready.
    Stalled,
    /// The listener wants it so.
    Ordered,
}

/// How long a peer that was told goodbye may take to close.
const GOODBYE: Duration = Duration::from_secs(1);

/// How far one connection is.
#[derive(Debug)]
pub(super) struct Progress {
    began: Instant,
    /// Milliseconds from `began` to the beginning of the phase, then the phase in the lowest bits.
    phase: AtomicU64,
    in_flight: AtomicU32,
    http2: AtomicBool,
    /// Milliseconds from `began` to the first write that the peer did not take, plus one; zero: none.
    blocked: AtomicU64,
    order: AtomicU8,
    watchdog: AtomicWaker,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            phase: AtomicU64::new(Phase::Fresh as u64),
            in_flight: AtomicU32::new(0),
            http2: AtomicBool::new(false),
            blocked: AtomicU64::new(0),
            order: AtomicU8::new(Order::Run as u8),
            watchdog: AtomicWaker::new(),
        }
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX >> Phase::BITS)
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.store((self.elapsed() << Phase::BITS) | phase as u64, Ordering::Relaxed);
    }

    fn phase(&self) -> (Phase, Duration) {
        let word = self.phase.load(Ordering::Relaxed);
        let phase = Phase::from_bits(word & ((1 << Phase::BITS) - 1));
        (phase, Duration::from_millis(word >> Phase::BITS))
    }

    /// Bytes came in. On HTTP/2 only the first ones begin a header: later ones may be of any kind.
    pub(super) fn bytes_came(&self) {
        match self.phase().0 {
            Phase::Fresh => self.enter(Phase::Header),
            Phase::Idle if !self.http2.load(Ordering::Relaxed) => self.enter(Phase::Header),
            _ => {}
        }
    }

    /// A request's header is complete.
    pub(super) fn request_began(&self, http2: bool) {
        self.http2.store(http2, Ordering::Relaxed);
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.enter(Phase::Busy);
    }

    /// A response is complete, or given up.
    pub(super) fn request_ended(&self) {
        if self.in_flight.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.enter(Phase::Idle);
        }
    }

    /// Whether the peer takes what we write.
    pub(super) fn write_blocked(&self, blocked: bool) {
        let since = self.blocked.load(Ordering::Relaxed);
        if blocked && since == 0 {
            self.blocked.store(self.elapsed() + 1, Ordering::Relaxed);
        } else if !blocked && since != 0 {
            self.blocked.store(0, Ordering::Relaxed);
        }
    }

    /// When the connection is to be cut unless something happens; none while nothing is owed by the peer.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<(Instant, Cut)> {
        let blocked = self.blocked.load(Ordering::Relaxed);
        if blocked != 0 {
            return Some((self.began + Duration::from_millis(blocked) + limits.write_timeout, Cut::Stalled));
        }
        let (phase, since) = self.phase();
        let allowed = match phase {
            Phase::Fresh => limits.first_byte_timeout,
            Phase::Header => limits.header_timeout,
            Phase::Idle => limits.idle_timeout,
            Phase::Busy => return None,
            Phase::Closing => GOODBYE,
        };
        // The phase was noted in whole milliseconds, rounded down: never cut one too early.
        Some((self.began + since + Duration::from_millis(1) + allowed, Cut::Late(phase)))
    }

    pub(super) fn order(&self, order: Order) {
        self.order.fetch_max(order as u8, Ordering::Relaxed);
        self.watchdog.wake();
    }

    pub(super) fn ordered(&self, order: Order) -> bool {
        self.order.load(Ordering::Relaxed) >= order as u8
    }

    /// The task that is to hear of orders.
    pub(super) fn watched_by(&self, context: &std::task::Context<'_>) {
        self.watchdog.register(context.waker());
    }

    /// Returns once the listener wants anything but to go on.
    pub(super) async fn until_ordered(&self) {
        poll_fn(|context| {
            self.watched_by(context);
            if self.ordered(Order::Finish) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
