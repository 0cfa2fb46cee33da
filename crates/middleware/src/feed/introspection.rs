//! Asking an authority about one token (RFC 7662).

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use quash_core::time::Uptime;
use rustls::ClientConfig;
use serde_json::Value;
use tokio::time::timeout;

use super::address::Address;
use super::key::ServiceKey;
use super::post::{Post, Posted};
use crate::ask::{Ask, Asking, Introspected, Unreachable};
use crate::uptime::system_uptime;

const ENDPOINT: &str = "/oauth/introspect";
/// How long one server may take to answer: a request waits for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Asks the authorities that the feed comes from about single tokens, one after the other until one answers. Cheap to
/// clone.
#[derive(Clone)]
pub struct Introspection(Arc<Parts>);

struct Parts {
    post: Post,
    uptime: fn() -> Uptime,
}

impl Introspection {
    pub(super) fn new(addresses: &[Address], key: ServiceKey, tls: &Arc<ClientConfig>) -> Self {
        let post = Post::new(ENDPOINT, addresses, key, tls);
        Self(Arc::new(Parts { post, uptime: system_uptime }))
    }

    /// At most a second for each server.
    async fn ask_one_after_the_other(&self, token: &str) -> Result<Introspected, Unreachable> {
        for place in self.0.post.places() {
            let asked_at = (self.0.uptime)();
            let answer = timeout(PATIENCE, self.ask_at(place, token)).await;
            // INVARIANT: a process that was frozen finds an answer that came in time, and that was true long ago: it
            // counts for nothing.
            let in_time = (self.0.uptime)().since(asked_at) < PATIENCE;
            if let Ok(Some(answer)) = answer
                && in_time
            {
                self.0.post.prefer(place);
                return Ok(answer);
            }
        }
        Err(Unreachable)
    }

    async fn ask_at(&self, place: usize, token: &str) -> Option<Introspected> {
        let body = Bytes::from(format!("token={}", form_encoded(token)));
        let posted = self.0.post.at(place, "application/x-www-form-urlencoded", body).await?;
        let Posted::Done(body) = posted else { return None };
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
        f.debug_struct("Introspection").field("post", &self.0.post).finish_non_exhaustive()
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::super::address::PlainHttp;
    use super::super::tls;
    use super::*;

    /// What is asked at `uptime`, of a server that finds every token active.
    async fn asked(uptime: fn() -> Uptime) -> Result<Introspected, Unreachable> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"token=abc") {
                socket.read_buf(&mut request).await.unwrap();
            }
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"active\":true}";
            socket.write_all(answer).await.unwrap();
        });
        let addresses = [Address::parse(&url, PlainHttp::LoopbackOnly).unwrap()];
        let key = ServiceKey::new(&"k".repeat(32)).unwrap();
        let mut introspection = Introspection::new(&addresses, key, &tls::public().unwrap());
        Arc::get_mut(&mut introspection.0).unwrap().uptime = uptime;
        let answer = introspection.introspect("abc").await;
        server.await.unwrap();
        answer
    }

    #[tokio::test]
    async fn an_answer_that_a_frozen_process_finds_counts_for_nothing() {
        // I1': it was true when it was given, and meanwhile somebody was told that nobody accepts any more.
        static READINGS: AtomicU64 = AtomicU64::new(0);
        let frozen_in_between = || {
            let reading = READINGS.fetch_add(1, Ordering::Relaxed);
            Uptime::ZERO.plus(PATIENCE * u32::try_from(reading).unwrap())
        };
        assert_eq!(asked(frozen_in_between).await, Err(Unreachable), "at the end of its time exactly");
        assert_eq!(asked(|| Uptime::ZERO).await, Ok(Introspected::Active));
    }
}
