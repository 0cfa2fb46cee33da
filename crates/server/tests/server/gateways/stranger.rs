//! Somebody else at the address that quash had.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::http1;

/// What is done with a question.
#[derive(Clone, Copy)]
pub(super) enum Conduct {
    /// It is taken, and nothing is said.
    Silent,
    /// It is taken, and the connection is closed.
    Closes,
    /// This is answered over HTTP.
    Says(&'static str),
}

/// Answers at an address until it is dropped.
pub(super) struct Stranger {
    address: SocketAddr,
    leaves: Arc<AtomicBool>,
    accepts: Option<JoinHandle<()>>,
}

impl Stranger {
    pub(super) fn at(address: SocketAddr, conduct: Conduct) -> Self {
        let listener = bind(address);
        let leaves = Arc::new(AtomicBool::new(false));
        let left = Arc::clone(&leaves);
        let accepts = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if left.load(Ordering::SeqCst) {
                    return;
                }
                std::thread::spawn(move || converse(stream.unwrap(), conduct));
            }
        });
        Self { address, leaves, accepts: Some(accepts) }
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.leaves.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let _ = self.accepts.take().map(JoinHandle::join);
    }
}

/// The address was somebody's a moment ago.
fn bind(address: SocketAddr) -> TcpListener {
    const PAUSE: Duration = Duration::from_millis(10);
    for _ in 0..3_000 {
        if let Ok(listener) = TcpListener::bind(address) {
            return listener;
        }
        std::thread::sleep(PAUSE);
    }
    panic!("{address} is not free")
}

fn converse(mut stream: TcpStream, conduct: Conduct) -> Option<()> {
    let mut read = Vec::new();
    while http1::head_length(&read).is_none() {
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece).ok().filter(|length| *length > 0)?;
        read.extend_from_slice(&piece[..length]);
    }
    match conduct {
        Conduct::Closes => None,
        Conduct::Says(answer) => stream.write_all(answer.as_bytes()).ok(),
        // Until the gateway has enough.
        Conduct::Silent => std::io::copy(&mut stream, &mut std::io::sink()).ok().map(|_| ()),
    }
}
