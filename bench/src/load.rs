//! A crowd that asks over kept-alive connections. It reads no more of an answer than it must, so that it costs less
//! than whoever answers.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Requests as bytes.
pub type Requests = Arc<Vec<Vec<u8>>>;

/// One who asks, waits for the answer, and asks again.
struct Client {
    stream: TcpStream,
    answer: Vec<u8>,
    /// Which request is next.
    next: usize,
}

/// Many who ask at once.
pub struct Crowd(Vec<Client>);

impl Crowd {
    /// `count` connections to a loopback port.
    pub async fn connect(port: u16, count: usize) -> anyhow::Result<Self> {
        let mut clients = Vec::new();
        for number in 0..count {
            let stream = TcpStream::connect(("127.0.0.1", port)).await?;
            stream.set_nodelay(true)?;
            clients.push(Client { stream, answer: vec![0; 16 * 1024], next: number * 7_919 });
        }
        Ok(Self(clients))
    }

    /// Everybody asks `each` times, for one of `requests` after the other; every answer must have this status.
    pub async fn ask(
        &mut self,
        requests: &Requests,
        each: usize,
        status: &'static str,
    ) -> anyhow::Result<()> {
        let mut tasks = JoinSet::new();
        for client in self.0.drain(..) {
            tasks.spawn(client.ask(Arc::clone(requests), each, status));
        }
        while let Some(done) = tasks.join_next().await {
            self.0.push(done.context("a client stopped")??);
        }
        Ok(())
    }
}

impl Client {
    async fn ask(mut self, requests: Requests, each: usize, status: &'static str) -> anyhow::Result<Self> {
        for _ in 0..each {
            self.next += 1;
            self.stream.write_all(&requests[self.next % requests.len()]).await?;
            self.read(status).await?;
        }
        Ok(self)
    }

    async fn read(&mut self, status: &str) -> anyhow::Result<()> {
        let (mut held, mut whole) = (0, None);
        while whole.is_none_or(|whole| held < whole) {
            let room = self.answer.get_mut(held..).unwrap_or_default();
            let read = self.stream.read(room).await?;
            ensure!(read > 0, "the connection was closed");
            held += read;
            if whole.is_none() {
                whole = length(&self.answer[..held]);
            }
        }
        let said = String::from_utf8_lossy(&self.answer[..held.min(256)]);
        ensure!(self.answer.get(9..12) == Some(status.as_bytes()), "not {status}, but: {said}");
        Ok(())
    }
}

/// How long the answer is that begins with `bytes`; `None` while its head is not whole.
fn length(bytes: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length: ";
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let lines = bytes[..head].split(|&byte| byte == b'\n');
    let body = lines.into_iter().find_map(|line| {
        let (name, value) = line.split_at_checked(NAME.len())?;
        name.eq_ignore_ascii_case(NAME)
            .then(|| std::str::from_utf8(value).ok()?.trim().parse::<usize>().ok())?
    });
    Some(head + body.unwrap_or(0))
}

/// A request for `path` with a bearer token.
pub fn bearer(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n").into_bytes()
}

/// A form that is posted with a service key.
pub fn form(path: &str, key: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn an_answer_ends_where_its_length_says() {
        assert_eq!(length(b"HTTP/1.1 204 No Content\r\nx: y\r\n"), None);
        assert_eq!(length(b"HTTP/1.1 204 No Content\r\n\r\n"), Some(27));
        assert_eq!(length(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"), Some(41));
    }
}
