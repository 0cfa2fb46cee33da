//! What becomes of each message.

use std::time::Duration;

use quash_core::planted::{self, Bug};
use quash_core::position::Position;
use quash_core::revocation::record::Record;
use quash_core::revocation::state::RevocationState;
use quash_core::time::{Timestamp, Uptime};

use super::acknowledge::Kept;
use super::incoming::Incoming;
use super::link::Link;
use super::{Follower, Place};
use crate::feed::alarm::Alarm;
use crate::feed::batch;
use crate::feed::fault::{Broken, Fault};
use crate::feed::frame::{
    Bye, ByeCode, Entries, HIGHEST_VERSION, Heartbeat, LOWEST_VERSION, Ping, SnapshotBegin, SnapshotChunk,
    SnapshotEnd, Start, ToFollower, ToServer, Welcome,
};
use crate::feed::record_log::{Ordered, Relayed};
use crate::feed::state_file::{LogPiece, PartPiece, PlacePiece, RecordsPiece, StatePiece};

/// How long to stay away from a log that changed too often.
const CHANGED_TOO_OFTEN: Duration = Duration::from_secs(10);

impl Follower {
    pub(super) fn take(&mut self, message: &[u8], now: Uptime, wall: Timestamp) -> Result<(), Broken> {
        let link = self.link.as_mut().ok_or(Fault::OutOfPlace("a message without a connection"))?;
        let key = link.welcome.map(|welcome| welcome.key);
        let message = ToFollower::decode(message, key.as_ref())?;
        link.heard(now);
        match message {
            ToFollower::Welcome(welcome) => self.take_welcome(welcome, now)?,
            ToFollower::Trust(trust) => self.take_trust(trust.version, trust.document),
            ToFollower::SnapshotBegin(begin) => {
                self.take_snapshot_begin(begin)?;
                if planted::is(Bug::SnapshotInstalledEarly) {
                    self.take_snapshot_end(
                        &SnapshotEnd { sum: [0; 16], records: 0, forgotten: Timestamp::EPOCH },
                        wall,
                    )?;
                }
            }
            ToFollower::SnapshotChunk(chunk) => self.take_snapshot_chunk(&chunk)?,
            ToFollower::SnapshotEnd(end) => self.take_snapshot_end(&end, wall)?,
            ToFollower::Entries(entries) => self.take_entries(&entries)?,
            ToFollower::Heartbeat(heartbeat) => self.take_heartbeat(&heartbeat)?,
            ToFollower::Bye(bye) => return Err(broken_by(bye)),
        }
        self.ping_when_due(now);
        Ok(())
    }

    pub(super) fn ping_when_due(&mut self, now: Uptime) {
        if let Some(link) = self.link.as_mut().filter(|link| link.welcome.is_some())
            && link.takes_ping(now)
        {
            let number = link.pings.send(now);
            self.send(&ToServer::Ping(Ping { number }));
        }
    }

    fn link(&mut self) -> Result<&mut Link, Fault> {
        self.link.as_mut().ok_or(Fault::OutOfPlace("a message without a connection"))
    }

    /// The connection and its terms, past the welcome.
    fn welcomed(&mut self) -> Result<(&mut Link, Welcome), Fault> {
        let link = self.link()?;
        let welcome = link.welcome.ok_or(Fault::OutOfPlace("a message before the welcome"))?;
        Ok((link, welcome))
    }

    fn take_welcome(&mut self, welcome: Welcome, now: Uptime) -> Result<(), Fault> {
        let place = self.place;
        let link = self.link()?;
        if link.welcome.is_some() {
            return Err(Fault::OutOfPlace("a second welcome"));
        }
        check_terms(&welcome)?;
        if welcome.start == Start::Tail {
            let resume = link.resume.ok_or(Fault::Welcome("nobody asked to go on"))?;
            let place = place.filter(|place| place.log == welcome.log && place.key == welcome.key);
            let place = place.ok_or(Fault::Welcome("it goes on with another log"))?;
            if welcome.head < place.position || resume.position != place.position {
                return Err(Fault::Back { what: "the log", before: place.position, after: welcome.head });
            }
            link.following = true;
        }
        link.welcomed(welcome, now);
        self.raise_alarms(&welcome);
        self.acknowledge();
        Ok(())
    }

    fn raise_alarms(&mut self, welcome: &Welcome) {
        let Some(place) = self.place else { return };
        let (before, after) = (place.log, welcome.log);
        if place.key != welcome.key {
            return self.alarm(Alarm::Replaced { before, after });
        }
        if place.log != welcome.log {
            self.alarm(Alarm::Restored { before, after });
        }
        if welcome.head < place.position {
            self.alarm(Alarm::RolledBack { ours: place.position, theirs: welcome.head });
        } else if welcome.start == Start::Diverged {
            self.alarm(Alarm::Diverged { position: place.position });
        }
    }

    /// Whether the log that is followed may lack records that are held of it.
    fn has_lost(&self, welcome: &Welcome) -> bool {
        self.place.is_some_and(|place| {
            let same_key = place.key == welcome.key;
            let another = place.log != welcome.log || welcome.head < place.position;
            same_key && (another || welcome.start == Start::Diverged)
        })
    }

    fn take_snapshot_begin(&mut self, begin: SnapshotBegin) -> Result<(), Fault> {
        let same_key = |key| self.holding.key() == Some(key);
        let welcome = self.link.as_ref().and_then(|link| link.welcome);
        let welcome = welcome.ok_or(Fault::OutOfPlace("a snapshot before the welcome"))?;
        let mut incoming = Incoming::begin(begin);
        incoming.state = (!same_key(welcome.key)).then(|| RevocationState::new(welcome.key, welcome.origin));
        incoming.kept = self.relay.is_some().then(Ordered::default);
        incoming.seen = self.has_lost(&welcome).then(Default::default);
        let place = self.place;
        let link = self.link()?;
        let behind = place.is_some_and(|place| begin.through < place.position);
        if link.incoming.is_some() || begin.through < welcome.origin || (link.following && behind) {
            return Err(Fault::OutOfPlace("a snapshot"));
        }
        link.following = false;
        link.incoming = Some(incoming);
        link.raise_head_to(begin.through);
        self.acknowledgements.new_generation();
        self.file.dangling = true;
        let piece = LogPiece { log: welcome.log, key: welcome.key, origin: welcome.origin };
        self.store(StatePiece::Log(piece).encode(), Kept::Nothing);
        Ok(())
    }

    fn take_snapshot_chunk(&mut self, chunk: &SnapshotChunk<'_>) -> Result<(), Broken> {
        let (link, welcome) = self.welcomed()?;
        link.came_closer();
        let incoming = link.incoming.as_mut().ok_or(Fault::OutOfPlace("a chunk outside a snapshot"))?;
        incoming.check(chunk, &welcome.key)?;
        let records = batch::decode(chunk.batch)?;
        incoming.admit(&records, chunk.batch)?;
        match &incoming.state {
            Some(state) => state.apply_all(&records),
            // Records only add refusals: they need not wait for the rest.
            None => self.holding.enforce(&records),
        }
        self.store(StatePiece::Part(PartPiece { batch: chunk.batch }).encode(), Kept::Nothing);
        Ok(())
    }

    fn take_snapshot_end(&mut self, end: &SnapshotEnd, wall: Timestamp) -> Result<(), Broken> {
        let (link, welcome) = self.welcomed()?;
        let mut incoming = link.incoming.take().ok_or(Fault::OutOfPlace("the end of no snapshot"))?;
        incoming.end(end)?;
        link.following = true;
        link.came_closer();
        let SnapshotBegin { through, checksum } = incoming.begin;
        let mut bytes = self.take_forgotten(end.forgotten);
        self.put_in_force(incoming.state.take(), through)?;
        let Welcome { log, key, origin, .. } = welcome;
        let lost_by = self.find_lost(&mut incoming, wall);
        if let (Some(relay), Some(records)) = (&self.relay, incoming.kept.take()) {
            relay.replace(Relayed { log, key, origin, head: through, checksum, generation: 0 }, records);
        }
        self.place = Some(Place { log, key, origin, position: through, checksum });
        self.spoiled = false;
        self.file.dangling = false;
        let tally = std::mem::take(&mut incoming.tally);
        self.file.tally = tally.superseding(&self.file.tally);
        bytes.extend(StatePiece::Place(PlacePiece { through, checksum }).encode());
        self.store(bytes, Kept::UpTo(through));
        self.report_lost(lost_by);
        self.complete_if_known();
        self.renew();
        Ok(())
    }

    /// Records that were over at `forgotten` may be missing from what comes with it. Returns what is to stand before
    /// that in the local file.
    ///
    /// INVARIANT: nothing is judged at an earlier instant from here on, and only then is anything built on what came
    /// (I10). It never goes back, on no connection and in no file.
    fn take_forgotten(&mut self, forgotten: Timestamp) -> Vec<u8> {
        self.holding.forgotten(forgotten);
        if let Some(relay) = &self.relay {
            relay.forgotten(forgotten);
        }
        if forgotten <= self.file.ratchet {
            return Vec::new();
        }
        self.file.ratchet = forgotten;
        StatePiece::Ratchet(forgotten.milliseconds()).encode()
    }

    fn put_in_force(&mut self, state: Option<RevocationState>, through: Position) -> Result<(), Broken> {
        let Some(state) = state else {
            self.holding.advance(through);
            return Ok(());
        };
        state.advance(through);
        self.holding.install(state).map_err(|_| {
            self.alarm(Alarm::ReplacedTooOften);
            Broken { fault: Fault::LogChangedTooOften, retry_after: CHANGED_TOO_OFTEN }
        })
    }

    fn take_entries(&mut self, entries: &Entries<'_>) -> Result<(), Broken> {
        let place = self.place;
        let link = self.link()?;
        let place = place.filter(|_| link.following && link.incoming.is_none());
        let place = place.ok_or(Fault::OutOfPlace("entries before a state that they follow"))?;
        if entries.from != place.position && !planted::is(Bug::SkipGapCheck) {
            return Err(Fault::Gap { position: place.position, from: entries.from }.into());
        }
        let records = batch::decode(entries.batch)?;
        check_stretch(entries, &records)?;
        link.raise_head_to(entries.through);
        link.came_closer();
        let bytes = self.take_forgotten(entries.forgotten);
        self.holding.enforce(&records);
        self.holding.advance(entries.through);
        self.follow(place, entries, &records, bytes);
        self.renew();
        Ok(())
    }

    /// What was enforced is kept, for followers and for the next start; in the local file behind `bytes`.
    fn follow(&mut self, place: Place, entries: &Entries<'_>, records: &[Record], mut bytes: Vec<u8>) {
        let Entries { from, through, checksum, batch, .. } = *entries;
        if let Some(relay) = &self.relay {
            relay.extend(records, batch, through, checksum);
        }
        bytes.extend(self.ending_dangling(&place));
        bytes.extend(StatePiece::Records(RecordsPiece { from, through, checksum, batch }).encode());
        self.file.tally.note_all(records);
        self.place = Some(Place { position: through, checksum, ..place });
        self.store(bytes, Kept::UpTo(through));
    }

    /// Where a snapshot was begun in the local file and given up, `place` is what still holds.
    fn ending_dangling(&mut self, place: &Place) -> Vec<u8> {
        let dangling = std::mem::take(&mut self.file.dangling);
        if !dangling {
            return Vec::new();
        }
        let Place { log, key, origin, position, checksum } = *place;
        let mut bytes = StatePiece::Log(LogPiece { log, key, origin }).encode();
        bytes.extend(StatePiece::Place(PlacePiece { through: position, checksum }).encode());
        bytes
    }

    fn take_heartbeat(&mut self, heartbeat: &Heartbeat) -> Result<(), Fault> {
        let (link, _) = self.welcomed()?;
        link.raise_head(heartbeat.head)?;
        if let Some(number) = heartbeat.echo {
            link.pings.answer(number, heartbeat.head, heartbeat.age)?;
            self.renew();
        }
        Ok(())
    }

    /// Tells the gauge what is known by now: everything is enforced up to the place.
    pub(super) fn renew(&mut self) {
        let (Some(place), true) = (self.place, self.gauge.is_complete()) else { return };
        let Some(link) = self.link.as_mut().filter(|link| link.following) else { return };
        let (Some(welcome), Some(as_of)) = (link.welcome, link.pings.reached(place.position)) else { return };
        let before = self.gauge.fresh_as_of();
        // Entries may have come and been over meanwhile, unseen.
        if before.is_some_and(|before| as_of.since(before) >= welcome.horizon) {
            self.holding.resolve_all_watches();
        }
        self.gauge.renew(as_of, welcome.lease);
    }

    /// The state is complete with a whole log and, where it is learnt, with whom to trust.
    pub(super) fn complete_if_known(&mut self) {
        let trusting = !self.config.learn || self.learned.current().is_some();
        if self.place.is_some() && trusting {
            self.gauge.complete();
        }
    }
}

fn check_terms(welcome: &Welcome) -> Result<(), Fault> {
    let Welcome { version, .. } = *welcome;
    if !(LOWEST_VERSION..=HIGHEST_VERSION).contains(&version) {
        let ours = (LOWEST_VERSION, HIGHEST_VERSION);
        return Err(Fault::Version { follower: ours, server: (version, version) });
    }
    if welcome.lease.is_zero() || welcome.heartbeat.is_zero() || welcome.horizon.is_zero() {
        return Err(Fault::Welcome("a span of nothing"));
    }
    if welcome.head < welcome.origin {
        return Err(Fault::Welcome("its head lies before its origin"));
    }
    Ok(())
}

/// Whether the entries lead onwards and their records lie within.
fn check_stretch(entries: &Entries<'_>, records: &[Record]) -> Result<(), Fault> {
    let Entries { from, through, .. } = *entries;
    let back = |what, before, after| Err(Fault::Back { what, before, after });
    if through <= from {
        return back("the log", from, through);
    }
    let first = records.first().map(|record| record.position);
    let last = records.last().map(|record| record.position);
    match (first, last) {
        (Some(first), _) if first <= from => back("a record", from, first),
        (_, Some(last)) if last > through => back("a record", last, through),
        _ => Ok(()),
    }
}

fn broken_by(bye: Bye) -> Broken {
    let fault = Fault::Bye { code: bye.code, text: bye.text };
    let least = if bye.code == ByeCode::Version { CHANGED_TOO_OFTEN } else { Duration::ZERO };
    Broken { fault, retry_after: bye.retry_after.max(least).min(Duration::from_secs(3600)) }
}
