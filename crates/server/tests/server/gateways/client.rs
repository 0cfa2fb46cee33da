//! A client that sends what it is told to, byte for byte: also what no client library lets one send.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::http1;

/// How long an answer may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request in the making.
#[derive(Clone)]
pub(super) struct Request {
    method: String,
    target: String,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn new(method: &str, target: &str) -> Self {
        let fields = vec![("Host".to_owned(), "service.test".to_owned())];
        Self { method: method.to_owned(), target: target.to_owned(), fields, body: Vec::new() }
    }

    pub(super) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub(super) fn bearer(self, token: &str) -> Self {
        self.field("Authorization", &format!("Bearer {token}"))
    }

    pub(super) fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.field("Content-Length", &body.len().to_string())
    }

    /// The same body, its length unsaid, and fields behind it (RFC 9112 section 7.1).
    pub(super) fn chunked(mut self, body: &[u8], trailers: &[&str]) -> Self {
        for chunk in body.chunks(1000) {
            self.body.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
            self.body.extend(chunk);
            self.body.extend(b"\r\n");
        }
        self.body.extend(b"0\r\n");
        for line in trailers {
            self.body.extend(format!("{line}\r\n").as_bytes());
        }
        self.body.extend(b"\r\n");
        self.field("Transfer-Encoding", "chunked")
    }

    /// Sends it on a connection of its own, and reads the answer to its end.
    pub(super) fn send(mut self, to: SocketAddr) -> Reply {
        if !self.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("connection")) {
            self = self.field("Connection", "close");
        }
        let mut stream = self.write(to);
        let mut read = Vec::new();
        // A gateway that refuses may close before it took the whole body: what it said counts.
        while let Ok(true) = more(&mut stream, &mut read) {}
        Reply::of(&read, self.method == "HEAD").unwrap_or_else(|| {
            let text = String::from_utf8_lossy(&read);
            panic!("no answer to {} {}: {text}", self.method, self.target)
        })
    }

    /// Sends it and reads the head of the answer alone: what follows is another protocol.
    pub(super) fn upgrade(self, to: SocketAddr) -> (Reply, TcpStream) {
        let mut stream = self.write(to);
        let mut read = Vec::new();
        while http1::head_length(&read).is_none() && more(&mut stream, &mut read).unwrap() {}
        (Reply::of(&read, true).unwrap(), stream)
    }

    fn write(&self, to: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(to).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.fields {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        text.push_str("\r\n");
        let written = stream.write_all(text.as_bytes()).and_then(|()| stream.write_all(&self.body));
        assert!(written.as_ref().map_or_else(closed, |()| true), "{written:?}");
        stream
    }
}

/// Whether the peer closed while it was written to.
fn closed(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
}

fn more(stream: &mut TcpStream, read: &mut Vec<u8>) -> std::io::Result<bool> {
    let mut piece = [0; 16_384];
    let length = stream.read(&mut piece)?;
    read.extend_from_slice(&piece[..length]);
    Ok(length > 0)
}

impl Reply {
    fn of(read: &[u8], headless: bool) -> Option<Self> {
        let (first, fields) = http1::head(read.get(..http1::head_length(read)?)?);
        let status = first.split(' ').nth(1)?.parse().ok()?;
        let rest = &read[http1::head_length(read)?..];
        let body = if headless { Vec::new() } else { http1::body(&fields, rest)?.0 };
        Some(Self { status, fields, body })
    }

    /// A header, empty where there is none; several are joined by commas.
    pub(super) fn field(&self, name: &str) -> String {
        http1::field(&self.fields, name)
    }
}
