//! What the owner brings, and what is made of it.

use std::time::Duration;

use quash_core::planted::{self, Bug};
use quash_core::position::{Checksum, Position};
use quash_core::revocation::record::Record;

use super::snapshot::Snapshot;
use super::{Ack, Mismatch, Opening, Publication, Read, Serving, Stage};
use crate::feed::batch;
use crate::feed::frame::{Entries, Heartbeat, Resume, Start, ToFollower, UNDO_VERSION, Welcome};
use crate::feed::page::Page;

impl Publication {
    /// The follower's lease is open, and its row durable: it is welcomed. Answers [`Call::Open`](super::Call::Open).
    ///
    /// The owner raises an alarm for a [`Mismatch`]; the follower is served a snapshot all the same.
    pub fn opened(&mut self, opening: &Opening) -> Option<Mismatch> {
        let Stage::Opening { version, hello } = &self.stage else { return None };
        let Opening { log, key, origin, head, checksum, lease, horizon, .. } = *opening;
        let resume = hello.resume.filter(|resume| resume.log == log);
        let start = start(resume, opening);
        let welcome = Welcome {
            version: *version,
            log,
            key,
            origin,
            head,
            checksum,
            lease: lease.min(hello.max_staleness),
            heartbeat: self.limits.heartbeat,
            start,
            horizon,
        };
        let sent = resume.filter(|_| start == Start::Tail).map_or(origin, |resume| resume.position);
        let none = Ack { watermark: Position::ZERO, trust: 0 };
        let mut serving = Serving {
            version: *version,
            key,
            origin,
            head,
            sent,
            snapshot: None,
            reading: false,
            early: None,
            snapshots: 0,
            acknowledged: none,
            pinged: 0,
            answered: 0,
        };
        self.welcome = Some(ToFollower::Welcome(welcome).encode(&key));
        if start != Start::Tail {
            self.out.push_back(serving.begin_snapshot(checksum));
        }
        self.stage = Stage::Serving(Box::new(serving));
        let mismatch = |resume: Resume| Mismatch { follower: resume.position, head };
        resume.filter(|_| start == Start::Diverged).map(mismatch)
    }

    /// The trust is this, from now on: an encoded [`TrustDocument`](crate::feed::TrustDocument). `version` rises with
    /// every change. Call it before [`opened`](Self::opened) as well, so that it goes out before any record.
    pub fn trust(&mut self, version: u64, document: &[u8]) {
        if !matches!(self.stage, Stage::Over) {
            self.trust = Some((version, document.to_vec()));
        }
    }

    /// The durable head is at `head`, at least. INVARIANT: nothing beyond it is sent.
    pub fn head(&mut self, head: Position) {
        let Stage::Serving(serving) = &mut self.stage else { return };
        serving.head = serving.head.max(head);
        if serving.early.as_ref().is_some_and(|page| page.through <= serving.head)
            && let Some(page) = serving.early.take()
        {
            self.page(page);
        }
    }

    /// Answers the ping of this `number`: the durable head, read after it came in, and how old the server's own
    /// knowledge of that is. INVARIANT: the follower's row is durable, and was extended, before this is called.
    pub fn pong(&mut self, number: u64, head: Position, age: Duration) {
        self.head(head);
        let Stage::Serving(serving) = &mut self.stage else { return };
        if number <= serving.answered || number > serving.pinged {
            return;
        }
        serving.answered = number;
        // A head that is known to be higher holds as well, and heads never go back on one connection.
        let head = if planted::is(Bug::HeadBeforePing) { serving.sent } else { serving.head };
        self.pong = Some(Heartbeat { head, age, echo: Some(number) });
    }

    /// What to read next, if anything: given out once, until [`page`](Self::page) or [`behind`](Self::behind)
    /// answers it. Nothing while the socket has something left to take.
    pub fn wants(&mut self) -> Option<Read> {
        let idle = self.is_idle();
        let Stage::Serving(serving) = &mut self.stage else { return None };
        if serving.reading || serving.early.is_some() || !idle {
            return None;
        }
        let limit = self.limits.page.clamp(1, batch::MOST_RECORDS);
        let behind = serving.head.number().saturating_sub(serving.sent.number());
        let read = match &serving.snapshot {
            Some(snapshot) => Read::Snapshot { after: snapshot.after, limit },
            None if behind > self.limits.furthest_behind => Read::Head,
            None if behind > 0 => Read::Tail { after: serving.sent, limit },
            None => return None,
        };
        serving.reading = true;
        Some(read)
    }

    /// The follower is too far behind to be told what it missed: it gets a snapshot of the log instead, whose durable
    /// head is `head` and whose checksum there is `checksum`. Answers [`Read::Head`].
    pub fn behind(&mut self, head: Position, checksum: Checksum) {
        let Stage::Serving(serving) = &mut self.stage else { return };
        serving.reading = false;
        serving.head = serving.head.max(head);
        let begin = serving.begin_snapshot_at(head, checksum);
        self.out.push_back(begin);
    }

    /// What [`wants`](Self::wants) asked for. A page that reaches beyond the durable head as it was last spoken of
    /// waits until [`head`](Self::head) is there.
    pub fn page(&mut self, mut page: Page) {
        let Stage::Serving(serving) = &mut self.stage else { return };
        if serving.version < UNDO_VERSION {
            page.records.retain(Record::revokes);
            page.records = page.records.into_iter().map(Record::without_rotation).collect();
        }
        serving.reading = false;
        if serving.snapshot.is_none() && page.through > serving.head {
            serving.early = Some(page);
            return;
        }
        self.out.extend(serving.messages(page));
    }
}

/// How to go on from where the follower stands.
fn start(resume: Option<Resume>, opening: &Opening) -> Start {
    let Some(resume) = resume else { return Start::Snapshot };
    match opening.checksum_at_resume {
        _ if resume.position > opening.head => Start::Diverged,
        Some(checksum) if checksum == resume.checksum => Start::Tail,
        Some(_) => Start::Diverged,
        None => Start::Snapshot,
    }
}

impl Serving {
    fn begin_snapshot(&mut self, checksum: Checksum) -> Vec<u8> {
        self.begin_snapshot_at(self.head, checksum)
    }

    fn begin_snapshot_at(&mut self, head: Position, checksum: Checksum) -> Vec<u8> {
        let snapshot = Snapshot::begin(self.origin, head, checksum);
        let message = snapshot.first_message(&self.key);
        self.snapshots += 1;
        self.snapshot = Some(snapshot);
        message
    }

    fn messages(&mut self, page: Page) -> Vec<Vec<u8>> {
        let Some(snapshot) = &mut self.snapshot else {
            let Page { records, through, checksum, forgotten } = page;
            if through <= self.sent {
                return Vec::new();
            }
            let from = std::mem::replace(&mut self.sent, through);
            let batch = &batch::encode(&records)[..];
            let entries = Entries { from, through, checksum, batch, forgotten };
            return vec![ToFollower::Entries(entries).encode(&self.key)];
        };
        let messages = snapshot.messages(page, &self.key);
        if snapshot.is_complete() {
            self.sent = snapshot.through();
            self.snapshot = None;
        }
        messages
    }
}
