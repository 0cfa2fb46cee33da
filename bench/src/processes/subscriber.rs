//! A subscriber of a channel of Redis that notes when each message is there.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use anyhow::{Context as _, ensure};

use super::marks::{Notes, words};
use crate::reference::redis::{CHANNEL, command};

/// `--alone subscriber FOLDER PORT COUNT`.
pub(super) fn run(given: &[String]) -> anyhow::Result<()> {
    let (folder, [port, count]) = words::<2>(given)?;
    let count: usize = count.parse()?;
    let mut stream = TcpStream::connect(("127.0.0.1", port.parse::<u16>()?))?;
    stream.set_nodelay(true)?;
    stream.write_all(&command(&["SUBSCRIBE", CHANNEL]))?;
    let mut lines = BufReader::new(stream);
    // An array of three: what it is, the channel with its length, and how many channels it is.
    read_lines(&mut lines, 6)?;
    let notes = Notes::begin(&folder, count)?;
    for _ in 0..count {
        // An array of three texts, each with its length before it; the last is the message.
        let message = read_lines(&mut lines, 7)?;
        notes.reached(message.trim().parse().context("a message that is no number")?);
    }
    notes.finish()
}

/// Reads `count` lines; the last of them.
fn read_lines(lines: &mut BufReader<TcpStream>, count: usize) -> anyhow::Result<String> {
    let mut line = String::new();
    for _ in 0..count {
        line.clear();
        ensure!(lines.read_line(&mut line)? > 0, "redis closed the connection");
    }
    Ok(line)
}
