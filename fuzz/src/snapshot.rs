//! Any order of snapshot and entry messages, with any batches in them, and any local file (attack row 40): the follower
//! never panics, its verifier's watermark never goes back, and nothing that it holds is lost.
//!
//! An input begins with `F` for a local file, whose bytes follow; or it is a script: a letter says which message, the
//! bytes up to the next newline are its numbers or its batch.

use std::hash::Hasher;
use std::sync::Arc;
use std::time::Duration;

use quash_core::lease::Instance;
use quash_core::position::{Checksum, LogId, Position};
use quash_core::time::{Timestamp, Uptime};
use quash_verify::feed::frame::{
    Entries, Heartbeat, SnapshotBegin, SnapshotChunk, SnapshotEnd, Start, ToFollower, Welcome,
};
use quash_verify::feed::{Action, Follower, FollowerConfig, batch, state_file};
use quash_verify::{Gauge, Verifier};
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::feed_frame::{self, KEY};

const LOG: LogId = LogId::from_random([0x10; 16]);
const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
const HEARTBEAT: Duration = Duration::from_millis(250);

/// Plays `data`.
pub fn run(data: &[u8]) {
    match data.split_first() {
        Some((b'F', file)) => load(file),
        _ => Play::begin().run(data),
    }
}

/// A file in any state, as it is and behind a good beginning.
fn load(file: &[u8]) {
    let behind = [&state_file::MAGIC[..], &state_file::VERSION.to_le_bytes(), file].concat();
    for bytes in [file, &behind] {
        let mut play = Play::begin();
        if let Ok(loaded) = play.follower.load(bytes) {
            assert!(loaded.whole <= bytes.len(), "more than the file was whole");
            assert!(!play.gauge.known().freshness_at(play.now, HEARTBEAT, Default::default()).may_accept().is_ok());
        }
        if let Ok(compacted) = state_file::compact(bytes, NOW) {
            Play::begin().follower.load(&compacted.bytes).expect("a compacted file is a file");
        }
    }
}

/// A follower and what it was sent.
struct Play {
    follower: Follower,
    verifier: Arc<Verifier>,
    gauge: Arc<Gauge>,
    now: Uptime,
    sum: [u8; 16],
    sent: u64,
}

impl Play {
    fn begin() -> Self {
        let verifier = Arc::new(Verifier::builder().build_cold().expect("no issuers"));
        let gauge = Arc::new(Gauge::new(Duration::from_secs(10)));
        let config = FollowerConfig {
            instance: Instance::from_random([7; 16]),
            name: "fuzzed".into(),
            max_staleness: Duration::from_secs(10),
            relay: false,
            unfenced: false,
            learn: false,
        };
        let follower = Follower::new(config, Arc::clone(&verifier), Arc::clone(&gauge));
        Self { follower, verifier, gauge, now: Uptime::from_nanoseconds(1 << 40), sum: [0; 16], sent: 0 }
    }

    fn run(mut self, script: &[u8]) {
        self.connect();
        for line in script.split(|byte| *byte == b'\n') {
            let Some((letter, rest)) = line.split_first() else { continue };
            self.now = self.now.plus(Duration::from_millis(10));
            let (held, watermark) = (self.verifier.live_entries(), self.verifier.watermark());
            self.step(*letter, rest);
            self.act();
            assert!(self.verifier.live_entries() >= held, "something that was held is gone");
            assert!(self.verifier.watermark() >= watermark, "the watermark went back");
        }
    }

    fn step(&mut self, letter: u8, rest: &[u8]) {
        let number = |place: usize| u64::from(rest.get(place).copied().unwrap_or_default());
        let position = |place| Position::new(number(place)).expect("a byte is a position");
        let checksum = Checksum([rest.first().copied().unwrap_or_default(); 16]);
        match letter {
            b'w' => self.welcome(position(0), [Start::Tail, Start::Snapshot, Start::Diverged][rest.len() % 3]),
            b'b' => {
                self.sum = [0; 16];
                self.sent = 0;
                self.receive(&ToFollower::SnapshotBegin(SnapshotBegin { through: position(0), checksum }));
            }
            b'c' => self.chunk(rest),
            b'e' => {
                let end = SnapshotEnd { sum: self.sum, records: self.sent, forgotten: Timestamp::EPOCH };
                self.receive(&ToFollower::SnapshotEnd(end));
            }
            b't' => {
                let batch = rest.get(2..).unwrap_or_default();
                let (from, through, forgotten) = (position(0), position(1), Timestamp::EPOCH);
                let entries = Entries { from, through, checksum, batch, forgotten };
                self.receive(&ToFollower::Entries(entries));
            }
            b'h' => {
                let age = Duration::from_millis(number(1));
                let echo = rest.get(2).map(|echo| u64::from(*echo));
                self.receive(&ToFollower::Heartbeat(Heartbeat { head: position(0), age, echo }));
            }
            b'x' => self.connect(),
            _ => {
                let _broken = self.follower.receive(rest, self.now, NOW);
            }
        }
    }

    fn connect(&mut self) {
        self.follower.disconnected(self.now);
        let hello = self.follower.connect(self.now);
        assert!(!hello.is_empty());
        self.welcome(Position::ZERO, Start::Snapshot);
    }

    fn welcome(&mut self, head: Position, start: Start) {
        self.receive(&ToFollower::Welcome(Welcome {
            version: 1,
            log: LOG,
            key: KEY,
            origin: Position::ZERO,
            head,
            checksum: Checksum([0; 16]),
            lease: Duration::from_secs(10),
            heartbeat: HEARTBEAT,
            start,
            horizon: Duration::from_secs(665),
        }));
    }

    fn chunk(&mut self, batch: &[u8]) {
        let mut hasher = SipHasher13::new_with_key(KEY.expose());
        hasher.write(&self.sum);
        hasher.write(batch);
        self.sum = hasher.finish128().as_bytes();
        self.sent += batch::decode(batch).map_or(0, |records| records.len() as u64);
        self.receive(&ToFollower::SnapshotChunk(SnapshotChunk { batch, sum: self.sum }));
    }

    fn receive(&mut self, message: &ToFollower<'_>) {
        // A connection that broke is opened anew by the script.
        let _broken = self.follower.receive(&message.encode(&KEY), self.now, NOW);
    }

    fn act(&mut self) {
        while let Some(action) = self.follower.next_action() {
            if let Action::Store(_, ticket) = action {
                self.follower.stored(ticket);
            }
        }
    }
}

/// Scripts that get far, with batches of the golden messages; and a local file.
pub fn seeds() -> Vec<Vec<u8>> {
    let batches = feed_frame::seeds().into_iter().filter(|bytes| batch::decode(bytes).is_ok());
    let scripts = batches.map(|batch| {
        [&b"b\x09\nc"[..], &batch, b"\ne\nt\x09\x0c", &batch, b"\nh\x0c\x00\x01\nx\nw\x0c\nt\x0c\x0d"].concat()
    });
    let plain = [&b"b\x09\ne\nh\x09\x00\x01"[..], b"w\x01\nt\x00\x01\nt\x01\x02\nt\x05\x06", b"c\nb\x03\nb\x04\ne"];
    let file = [b"F", &include_bytes!("../../vectors/feed/state-1.bin")[..]].concat();
    scripts.chain(plain.map(<[u8]>::to_vec)).chain([file]).collect()
}
