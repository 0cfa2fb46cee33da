//! A log, a publication that serves it and a follower, and the wire between them, all in memory.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use quash_core::lease::Instance;
use quash_core::position::{Checksum, LogId, Position};
use quash_core::revocation::freshness::{Freshness, StalePolicy};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::record::Record;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::{Timestamp, Uptime};
use quash_verify::feed::frame::{Ack, Hello, Resume, ToFollower};
use quash_verify::feed::{
    Action, Alarm, Broken, Call, Follower, FollowerConfig, Limits, Opening, Page, Piece, Publication, Read,
    RecordLog, StoreTicket,
};
use quash_verify::{Gauge, Verifier};
use serde_json::json;

use crate::support::{NOW, OWN, end, log_key, own_claims, own_config, signing_key, target};

pub(super) const LEASE: Duration = Duration::from_secs(10);
pub(super) const HORIZON: Duration = Duration::from_secs(665);
pub(super) const ORIGIN: u64 = 1_000;

pub(super) fn position(number: u64) -> Position {
    Position::new(number).unwrap()
}

pub(super) fn milliseconds(number: u64) -> Duration {
    Duration::from_millis(number)
}

/// The record that ends the session `ses_{number}`, at `place`.
pub(super) fn record(place: u64, number: u64) -> Record {
    end(target::session(&format!("ses_{number}"))).at(position(place)).record(&log_key())
}

/// A log in memory.
#[derive(Clone)]
pub(super) struct Log {
    pub(super) id: LogId,
    pub(super) key: LogKey,
    pub(super) origin: Position,
    pub(super) entries: Vec<(Record, Checksum)>,
    /// When each entry became durable.
    pub(super) durable_at: Vec<Uptime>,
    /// Which session each entry ends, unless that was undone.
    numbers: Vec<Option<u64>>,
    /// The latest purge: what was over then is shown to nobody any more.
    pub(super) purged_at: Timestamp,
}

impl Log {
    pub(super) fn new(id: u8) -> Self {
        Self {
            id: LogId::from_random([id; 16]),
            key: log_key(),
            origin: position(ORIGIN),
            entries: Vec::new(),
            durable_at: Vec::new(),
            numbers: Vec::new(),
            purged_at: Timestamp::EPOCH,
        }
    }

    pub(super) fn head(&self) -> (Position, Checksum) {
        let last = self.entries.last().map(|(record, checksum)| (record.position, *checksum));
        last.unwrap_or((self.origin, Checksum([self.id.bytes()[0]; 16])))
    }

    /// Ends the session of this number.
    pub(super) fn append(&mut self, number: u64, now: Uptime) -> Position {
        let (head, _) = self.head();
        let target = target::session(&format!("ses_{number}"));
        let record = end(target).at(position(head.number() + 1)).record(&self.key);
        self.push(record, Some(number), number, now)
    }

    /// Takes back the entry at `place`.
    pub(super) fn undo(&mut self, place: Position, now: Uptime) -> Position {
        let (head, _) = self.head();
        let which = self.entries.iter().position(|(record, _)| record.position == place).unwrap();
        let undone = self.entries[which].0.clone();
        let retain_until = undone.retain_until.plus(Duration::from_secs(60));
        let undo =
            Record { position: position(head.number() + 1), undoes: Some(place), retain_until, ..undone };
        self.numbers[which] = None;
        self.push(undo, None, place.number(), now)
    }

    /// Registers the session of this number, which is one of alice's.
    pub(super) fn register(&mut self, number: u64, now: Uptime) -> Position {
        let (head, _) = self.head();
        let target = target::registration(&format!("ses_{number}"), "alice");
        let entry = end(target).because(Reason::SIGNED_IN).retained(NOW + 90 * 86_400);
        let record = entry.at(position(head.number() + 1)).record(&self.key);
        self.push(record, None, number, now)
    }

    /// Rotates the signing key of alice.
    pub(super) fn rotate(&mut self, now: Uptime) -> Position {
        let (head, _) = self.head();
        let entry = end(target::user_key("alice")).because(Reason::KEY_ROTATED);
        let record = entry.at(position(head.number() + 1)).record(&self.key);
        self.push(Record { retain_until: Timestamp::FOREVER, ..record }, None, 7, now)
    }

    fn push(&mut self, record: Record, ends: Option<u64>, number: u64, now: Uptime) -> Position {
        let (_, Checksum(before)) = self.head();
        let mut checksum = before;
        for (place, byte) in checksum.iter_mut().enumerate() {
            let mixed = u64::from(*byte) * 31 + number * 7 + place as u64 * 13 + record.position.number();
            *byte = (mixed % 251) as u8;
        }
        let place = record.position;
        self.entries.push((record, Checksum(checksum)));
        self.durable_at.push(now);
        self.numbers.push(ends);
        place
    }

    pub(super) fn page(&self, after: Position, limit: usize) -> Page {
        let shown = |record: &Record| record.position > after && record.retain_until > self.purged_at;
        let beyond: Vec<_> = self.entries.iter().filter(|(record, _)| shown(record)).collect();
        let taken: Vec<_> = beyond.iter().take(limit).collect();
        let (through, checksum) = if taken.len() < beyond.len() {
            taken.last().map(|(record, checksum)| (record.position, *checksum)).unwrap()
        } else {
            self.head()
        };
        let records = taken.into_iter().map(|(record, _)| record.clone()).collect();
        Page { records, through, checksum, forgotten: self.purged_at }
    }

    pub(super) fn checksum_at(&self, at: Position) -> Option<Checksum> {
        let held =
            self.entries.iter().find(|(record, _)| record.position == at).map(|(_, checksum)| *checksum);
        held.or((at == self.origin).then_some(Checksum([self.id.bytes()[0]; 16])))
    }

    /// The log after the loss of all but its first `kept` entries.
    pub(super) fn cut(&mut self, kept: usize) {
        self.entries.truncate(kept);
        self.durable_at.truncate(kept);
        self.numbers.truncate(kept);
    }
}

/// What happens to a message on its way to the follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Arrives,
    /// It is lost, and the connection goes on.
    Lost,
    /// It comes twice.
    Doubled,
    /// It comes after the one behind it.
    Swapped,
    /// Its last part is missing.
    Cut(usize),
    /// One bit of it is wrong.
    Flipped(usize),
    /// The connection ends before it.
    Disconnected,
}

pub(super) fn follower_config() -> FollowerConfig {
    FollowerConfig {
        instance: Instance::from_random([9; 16]),
        name: "edge-1".into(),
        max_staleness: LEASE,
        relay: false,
        unfenced: false,
        learn: false,
    }
}

/// Both sides and everything between them.
pub(super) struct Pair {
    pub(super) log: Log,
    pub(super) now: Uptime,
    pub(super) verifier: Arc<Verifier>,
    pub(super) gauge: Arc<Gauge>,
    pub(super) follower: Follower,
    pub(super) publication: Option<Publication>,
    pub(super) limits: Limits,
    /// The local file; what was appended and not flushed is not in it.
    pub(super) file: Vec<u8>,
    pub(super) flushing: bool,
    /// What was to be appended and was not yet.
    pub(super) unflushed: Vec<(Piece, StoreTicket)>,
    pub(super) alarms: Vec<Alarm>,
    pub(super) broken: Vec<Broken>,
    pub(super) mismatches: usize,
    pub(super) held: Vec<Record>,
    pub(super) acknowledged: Option<Ack>,
    pub(super) hellos: Vec<Hello>,
    pub(super) to_server: VecDeque<Vec<u8>>,
    pub(super) to_follower: VecDeque<Vec<u8>>,
    /// How many messages went to the follower, and what becomes of which.
    pub(super) delivered: usize,
    pub(super) fate: Option<(usize, Fate)>,
    /// Whether pings are answered.
    pub(super) answering: bool,
    /// The relay in between that pages come from, whose head is that of the log.
    pub(super) relay: Option<Arc<RecordLog>>,
}

impl Pair {
    pub(super) fn new() -> Self {
        Self::with(follower_config(), |follower| follower)
    }

    pub(super) fn with(config: FollowerConfig, change: impl FnOnce(Follower) -> Follower) -> Self {
        let verifier = new_verifier();
        let gauge = Arc::new(Gauge::new(LEASE));
        let follower = change(Follower::new(config, Arc::clone(&verifier), Arc::clone(&gauge)));
        Self {
            log: Log::new(1),
            now: Uptime::ZERO.plus(Duration::from_secs(1_000)),
            verifier,
            gauge,
            follower,
            publication: None,
            limits: Limits::default(),
            file: Vec::new(),
            flushing: true,
            unflushed: Vec::new(),
            alarms: Vec::new(),
            broken: Vec::new(),
            mismatches: 0,
            held: Vec::new(),
            acknowledged: None,
            hellos: Vec::new(),
            to_server: VecDeque::new(),
            to_follower: VecDeque::new(),
            delivered: 0,
            fate: None,
            answering: true,
            relay: None,
        }
    }

    pub(super) fn wall(&self) -> Timestamp {
        Timestamp::from_seconds(NOW).plus(self.now.since(Uptime::ZERO.plus(Duration::from_secs(1_000))))
    }

    /// A follower of another process, which starts from the local file.
    pub(super) fn restart(&mut self) {
        self.disconnect();
        self.verifier = new_verifier();
        self.gauge = Arc::new(Gauge::new(LEASE));
        self.follower = Follower::new(follower_config(), Arc::clone(&self.verifier), Arc::clone(&self.gauge));
        if !self.file.is_empty() {
            let loaded = self.follower.load(&self.file).unwrap();
            self.file.truncate(loaded.whole);
        }
    }

    pub(super) fn connect(&mut self) {
        self.to_server.clear();
        self.to_follower.clear();
        self.publication = Some(Publication::new(self.limits, self.now));
        let hello = self.follower.connect(self.now);
        self.to_server.push_back(hello);
        self.settle();
    }

    pub(super) fn disconnect(&mut self) {
        self.publication = None;
        self.to_server.clear();
        self.to_follower.clear();
        self.follower.disconnected(self.now);
    }

    /// Ends the session of this number.
    pub(super) fn append(&mut self, number: u64) -> Position {
        let place = self.append_untold(number);
        self.tell_head();
        place
    }

    /// Registers the session of this number.
    pub(super) fn register(&mut self, number: u64) -> Position {
        self.now = self.now.plus(Duration::from_nanos(1));
        let place = self.log.register(number, self.now);
        self.tell_head();
        place
    }

    /// Rotates the signing key of alice.
    pub(super) fn rotate(&mut self) -> Position {
        self.now = self.now.plus(Duration::from_nanos(1));
        let place = self.log.rotate(self.now);
        self.tell_head();
        place
    }

    /// Takes back the entry at `place`.
    pub(super) fn undo(&mut self, place: Position) -> Position {
        self.now = self.now.plus(Duration::from_nanos(1));
        let undo = self.log.undo(place, self.now);
        self.tell_head();
        undo
    }

    /// The same as [`append`](Self::append), and the publication does not hear of it.
    pub(super) fn append_untold(&mut self, number: u64) -> Position {
        // Later than everything that happened before.
        self.now = self.now.plus(Duration::from_nanos(1));
        self.log.append(number, self.now)
    }

    pub(super) fn tell_head(&mut self) {
        let (head, _) = self.log.head();
        if let Some(publication) = &mut self.publication {
            publication.head(head);
        }
    }

    /// Time goes by in steps of a heartbeat, and both sides do what is due.
    pub(super) fn pass(&mut self, span: Duration) {
        let until = self.now.plus(span);
        while self.now < until {
            self.now = self.now.plus(milliseconds(50)).min(until);
            self.tick();
        }
    }

    pub(super) fn tick(&mut self) {
        if let Some(publication) = &mut self.publication
            && publication.tick(self.now, Duration::ZERO).is_err()
        {
            self.publication = None;
        }
        if let Err(broken) = self.follower.tick(self.now) {
            self.broken.push(broken);
            self.publication = None;
        }
        self.settle();
    }

    /// Moves messages until there are none.
    pub(super) fn settle(&mut self) {
        while self.step() {}
    }

    /// Does one thing; `false` when there is none.
    pub(super) fn step(&mut self) -> bool {
        if let Some(action) = self.follower.next_action() {
            self.act(action);
        } else if let Some(message) = self.to_follower.pop_front() {
            self.deliver(message);
        } else if let Some(message) = self.to_server.pop_front() {
            self.serve(&message);
        } else if let Some(message) = self.publication.as_mut().and_then(Publication::next_message) {
            self.to_follower.push_back(message);
        } else if let Some(read) = self.publication.as_mut().and_then(Publication::wants) {
            self.read(read);
        } else {
            return false;
        }
        self.check();
        true
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Send(message) if self.publication.is_some() => self.to_server.push_back(message),
            Action::Store(piece, ticket) if self.flushing => self.flush(piece, ticket),
            Action::Store(piece, ticket) => self.unflushed.push((piece, ticket)),
            Action::ReadBack => self.follower.read_back(&self.file, self.wall()).unwrap(),
            Action::Alarm(alarm) => self.alarms.push(alarm),
            _ => {}
        }
    }

    pub(super) fn flush(&mut self, piece: Piece, ticket: StoreTicket) {
        match piece {
            Piece::Begin(bytes) => self.file = bytes,
            Piece::Append(bytes) => self.file.extend(bytes),
        }
        self.follower.stored(ticket);
    }

    fn deliver(&mut self, mut message: Vec<u8>) {
        let fate = self.fate.filter(|(at, _)| *at == self.delivered).map_or(Fate::Arrives, |(_, fate)| fate);
        self.delivered += 1;
        match fate {
            Fate::Arrives => {}
            Fate::Lost => return,
            Fate::Doubled => self.to_follower.push_front(message.clone()),
            Fate::Swapped => {
                let next = self.publication.as_mut().and_then(Publication::next_message);
                if let Some(next) = self.to_follower.pop_front().or(next) {
                    self.to_follower.push_front(message);
                    message = next;
                }
            }
            Fate::Cut(at) => message.truncate(at % message.len()),
            Fate::Flipped(bit) => {
                let place = bit / 8 % message.len();
                message[place] ^= 1 << (bit % 8);
            }
            Fate::Disconnected => return self.disconnect(),
        }
        if let Err(broken) = self.follower.receive(&message, self.now, self.wall()) {
            self.broken.push(broken);
            self.publication = None;
            self.to_follower.clear();
            self.to_server.clear();
        }
    }

    fn serve(&mut self, message: &[u8]) {
        let Some(publication) = &mut self.publication else { return };
        let (head, _) = self.log.head();
        match publication.receive(message, self.now) {
            Ok(Some(Call::Open(hello))) => {
                let resume = hello.resume.filter(|resume| resume.log == self.log.id);
                let opening = opening(&self.log, resume, hello.max_staleness);
                self.mismatches += usize::from(publication.opened(&opening).is_some());
                self.hellos.push(hello);
            }
            Ok(Some(Call::Ping { number, .. })) if self.answering => {
                publication.pong(number, head, Duration::ZERO);
            }
            Ok(Some(Call::Ack { watermark, trust })) => self.acknowledged = Some(Ack { watermark, trust }),
            Ok(Some(Call::Held { records })) => self.held.extend(records),
            Ok(_) => {}
            Err(broken) => panic!("the follower broke the protocol: {broken}"),
        }
    }

    fn read(&mut self, read: Read) {
        let Some(publication) = &mut self.publication else { return };
        let (head, checksum) = self.log.head();
        match read {
            Read::Tail { after, limit } | Read::Snapshot { after, limit } => {
                let relayed = self.relay.as_ref().map(|relay| relay.snapshot_after(after, limit).unwrap());
                publication.page(relayed.unwrap_or_else(|| self.log.page(after, limit)));
            }
            Read::Head => publication.behind(head, checksum),
        }
    }

    pub(super) fn freshness(&self) -> Freshness {
        self.gauge.freshness_at(self.now, Duration::MAX, StalePolicy::Deny)
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.freshness() == Freshness::Fresh
    }

    pub(super) fn refuses(&self, number: u64) -> bool {
        static TOKENS: OnceLock<Vec<String>> = OnceLock::new();
        let tokens = TOKENS.get_or_init(|| (0..40).map(token).collect());
        refuses(&self.verifier, &tokens[usize::try_from(number).unwrap()])
    }

    /// What must hold after every single step (I1, I2).
    pub(super) fn check(&self) {
        let entries = self.log.entries.iter().zip(&self.log.durable_at).zip(&self.log.numbers);
        for (((record, _), durable_at), number) in entries {
            let Some(number) = number else { continue };
            // Whoever is fresh as of an instant enforces all that was durable then.
            let known = self.gauge.is_complete()
                && self.gauge.fresh_as_of().is_some_and(|as_of| as_of >= *durable_at);
            let held = self.follower.is_following()
                && self.follower.position().is_some_and(|position| position >= record.position);
            let acknowledged = self.follower.is_following()
                && self.acknowledged.is_some_and(|ack| ack.watermark >= record.position);
            if known || held || acknowledged {
                assert!(self.refuses(*number), "ses_{number} at {} is accepted", record.position);
            }
        }
    }
}

/// What a follower that stands at `resume` of `log` is welcomed with.
pub(super) fn opening(log: &Log, resume: Option<Resume>, lease: Duration) -> Opening {
    let (head, checksum) = log.head();
    Opening {
        log: log.id,
        key: log.key,
        origin: log.origin,
        head,
        checksum,
        lease,
        checksum_at_resume: resume.and_then(|resume| log.checksum_at(resume.position)),
        horizon: HORIZON,
    }
}

fn refuses(verifier: &Verifier, token: &str) -> bool {
    let at = crate::support::at(NOW);
    verifier.check(token, at).unwrap().accepted().is_none()
}

/// A token of the session `ses_{number}`.
pub(super) fn token(number: u64) -> String {
    let changes = json!({ "sid": format!("ses_{number}"), "jti": format!("tok_{number}"), "pos": ORIGIN });
    signing_key(1, "own-1").mint("at+jwt", &crate::support::merged(own_claims(), &changes)).unwrap()
}

pub(super) fn new_verifier() -> Arc<Verifier> {
    assert_eq!(OWN, "https://login.example");
    let builder = Verifier::builder().issuer(own_config(&signing_key(1, "own-1")));
    Arc::new(builder.build(log_key(), Position::ZERO).unwrap())
}

/// A relay's log, shared with its follower.
pub(super) fn relaying() -> (Pair, Arc<RecordLog>) {
    let log = Arc::new(RecordLog::new());
    let shared = Arc::clone(&log);
    (
        Pair::with(FollowerConfig { relay: true, ..follower_config() }, |follower| follower.relaying(shared)),
        log,
    )
}

/// The message as it is read under the log's key.
pub(super) fn read_message(message: &[u8]) -> ToFollower<'_> {
    ToFollower::decode(message, Some(&log_key())).unwrap()
}
