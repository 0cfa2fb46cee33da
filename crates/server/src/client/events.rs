//! A stream of server-sent events (WHATWG HTML section 9.2).

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::timeout;

use super::error::ClientError;

/// The longest line that is taken.
const LONGEST_LINE: usize = 1 << 20;
/// For how long nothing may come: a server says something every 2 s.
const SILENCE: Duration = Duration::from_secs(15);

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerEvent {
    /// Its type.
    pub event: String,
    /// Its data.
    pub data: String,
    /// The last id that the stream named; empty before the first.
    pub id: String,
}

/// The events of one answer, as they come.
#[derive(Debug)]
pub struct EventStream {
    base: String,
    body: Incoming,
    reader: EventReader,
}

impl EventStream {
    pub(super) fn new(base: String, body: Incoming) -> Self {
        Self { base, body, reader: EventReader::default() }
    }

    /// The next event; `None` when the server ended the stream.
    ///
    /// # Errors
    /// The connection broke, or nothing came for too long.
    pub async fn next(&mut self) -> Result<Option<ServerEvent>, ClientError> {
        loop {
            if let Some(event) = self.reader.next_event() {
                return Ok(Some(event));
            }
            let frame = timeout(SILENCE, self.body.frame()).await.map_err(|_| ClientError::Silent)?;
            match frame {
                Some(Ok(frame)) => {
                    let data = frame.into_data().unwrap_or_default();
                    self.reader.take(&data).map_err(|TooLong| ClientError::Silent)?;
                }
                Some(Err(error)) => return Err(ClientError::unreachable(&self.base, &error)),
                None => return Ok(None),
            }
        }
    }
}

/// A line that is longer than any of ours.
#[derive(Debug)]
struct TooLong;

/// Makes events of bytes.
#[derive(Debug, Default)]
struct EventReader {
    bytes: Vec<u8>,
    /// How much of `bytes` was read.
    read: usize,
    building: ServerEvent,
}

impl EventReader {
    fn take(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        self.bytes.drain(..self.read);
        self.read = 0;
        self.bytes.extend_from_slice(bytes);
        let is_line = self.bytes.contains(&b'\n');
        if self.bytes.len() > LONGEST_LINE && !is_line { Err(TooLong) } else { Ok(()) }
    }

    fn next_event(&mut self) -> Option<ServerEvent> {
        while let Some(line) = self.next_line() {
            if !line.is_empty() {
                self.field(&line);
                continue;
            }
            let id = self.building.id.clone();
            let event = std::mem::replace(&mut self.building, ServerEvent { id, ..ServerEvent::default() });
            // A comment, or an event without data, is none.
            if !event.data.is_empty() {
                return Some(event);
            }
        }
        None
    }

    fn next_line(&mut self) -> Option<String> {
        let rest = self.bytes.get(self.read..)?;
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let line = rest.get(..end)?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = String::from_utf8_lossy(line).into_owned();
        self.read += end + 1;
        Some(text)
    }

    fn field(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut self.building.event),
            "id" if !value.contains('\0') => value.clone_into(&mut self.building.id),
            "data" => {
                if !self.building.data.is_empty() {
                    self.building.data.push('\n');
                }
                self.building.data.push_str(value);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&str]) -> Vec<(String, String, String)> {
        let mut reader = EventReader::default();
        let mut found = Vec::new();
        for piece in pieces {
            reader.take(piece.as_bytes()).unwrap();
            while let Some(ServerEvent { event, data, id }) = reader.next_event() {
                found.push((event, data, id));
            }
        }
        found
    }

    #[test]
    fn events_are_found_however_their_bytes_are_cut() {
        // WHATWG HTML section 9.2.6
        let text = ":hi\n\nevent: entry\nid: 7\ndata: {\"a\":\ndata: 1}\n\ndata:x\r\n\r\nevent: lost\n\n";
        let expected = [("entry", "{\"a\":\n1}", "7"), ("", "x", "7")];
        let expected = expected.map(|(event, data, id)| (event.to_owned(), data.to_owned(), id.to_owned()));
        assert_eq!(read(&[text]), expected);
        let bytes: Vec<String> = text.chars().map(String::from).collect();
        assert_eq!(read(&bytes.iter().map(String::as_str).collect::<Vec<_>>()), expected);
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let mut reader = EventReader::default();
        assert!(reader.take(&vec![b'x'; LONGEST_LINE]).is_ok());
        assert!(reader.take(b"x").is_err());
    }
}
