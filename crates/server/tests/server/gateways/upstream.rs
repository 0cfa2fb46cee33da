//! The service behind the gateway: it notes what reaches it, and says under which number.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::client::Reply;
use super::http1;

/// The key of the example in RFC 6455 section 1.3, and what is to be answered to it.
pub(super) const WEBSOCKET_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub(super) const WEBSOCKET_ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// The fields behind the body.
    pub(super) trailers: Vec<(String, String)>,
}

impl Seen {
    /// A header, empty where there is none; several are joined by commas.
    pub(super) fn field(&self, name: &str) -> String {
        http1::field(&self.fields, name)
    }
}

/// The service. It answers until the test ends.
pub(super) struct Upstream {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Upstream {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream.unwrap(), &shared));
            }
        });
        Self { address, seen }
    }

    /// How many requests reached it so far.
    pub(super) fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// The request that this is the answer to.
    pub(super) fn asked(&self, reply: &Reply) -> Seen {
        let number: usize =
            reply.field("x-seen").parse().unwrap_or_else(|_| panic!("not from the service: {reply:?}"));
        self.seen.lock().unwrap()[number].clone()
    }
}

/// One connection, until its peer has enough.
fn serve(mut stream: TcpStream, all: &Mutex<Vec<Seen>>) -> Option<()> {
    let mut read = Vec::new();
    loop {
        let seen = next(&mut stream, &mut read)?;
        let (is_head, upgrade) = (seen.method == "HEAD", seen.field("upgrade") == "websocket");
        let number = {
            let mut all = all.lock().unwrap();
            all.push(seen);
            all.len() - 1
        };
        if upgrade {
            return echo(stream, number);
        }
        let body = if is_head { "" } else { "hello" };
        let head = format!("HTTP/1.1 200 OK\r\nX-Seen: {number}\r\nContent-Length: 5\r\n\r\n");
        stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
    }
}

/// The next request of the connection, or nothing where there is no other.
fn next(stream: &mut TcpStream, read: &mut Vec<u8>) -> Option<Seen> {
    loop {
        if let Some(length) = http1::head_length(read) {
            let (first, fields) = http1::head(&read[..length]);
            if let Some((body, trailers)) = request_body(&fields, &read[length..]) {
                let mut words = first.split(' ').map(str::to_owned);
                let (method, target) = (words.next()?, words.next()?);
                read.clear();
                return Some(Seen { method, target, fields, body, trailers });
            }
        }
        let mut piece = [0; 16_384];
        let length = stream.read(&mut piece).ok().filter(|length| *length > 0)?;
        read.extend_from_slice(&piece[..length]);
    }
}

/// A request without a length has no body (RFC 9112 section 6.3).
fn request_body(fields: &[(String, String)], bytes: &[u8]) -> Option<http1::Body> {
    let has_body =
        ["transfer-encoding", "content-length"].iter().any(|name| !http1::field(fields, name).is_empty());
    if has_body { http1::body(fields, bytes) } else { Some(http1::Body::default()) }
}

/// A WebSocket that says everything back.
fn echo(mut stream: TcpStream, number: usize) -> Option<()> {
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {WEBSOCKET_ACCEPT}\r\nX-Seen: {number}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut back = stream.try_clone().ok()?;
    std::io::copy(&mut stream, &mut back).ok().map(|_| ())
}
