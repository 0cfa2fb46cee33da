//! A tree of relays with a thousand followers: what it carries, and how long it takes.

use std::time::Duration;

use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::freshness::StalePolicy;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::record::Record;
use quash_core::revocation::target::TargetKind;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;
use quash_verify::feed::batch::{MOST_RECORDS, encode};

use super::Cluster;
use crate::cluster::network::Traffic;
use crate::cluster::node::NodeId;
use crate::cluster::plan::{Action, Place, Shape};
use crate::cluster::tick::Tick;
use crate::plan::{Aim, Pick, Spare};
use crate::violation::Violation;

/// How long the tree is left to itself, first to settle and then to be measured at rest.
const SETTLING: Duration = Duration::from_millis(1_200);
const AT_REST: Duration = Duration::from_secs(1);
/// How long after one revocation the next one comes.
const PAUSE: Duration = Duration::from_millis(25);
/// How long the last one is given to arrive.
const ARRIVING: Duration = Duration::from_millis(300);
/// More events than such a run has.
const MOST_EVENTS: u64 = 2_000_000;

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// How many followers there are below the relays.
    pub followers: usize,
    /// How many of them refused every revoked token in the end.
    pub refused_at: usize,
    /// Bytes a second down one connection at rest: heartbeats and answers to pings.
    pub down_at_rest: u64,
    /// Bytes a second up one connection at rest: pings.
    pub up_at_rest: u64,
    /// Bytes down one connection for one revocation that comes alone.
    pub down_per_revocation: u64,
    /// Bytes up one connection for one revocation that comes alone.
    pub up_per_revocation: u64,
    /// Bytes that the authority sent for one revocation, over all its connections.
    pub authority_per_revocation: u64,
    /// Hundredths of a byte that a record takes in a full batch.
    pub centibytes_in_a_full_batch: usize,
    /// How long the slowest record took from being durable to the last follower, in milliseconds.
    pub slowest_ms: u64,
    /// Events of the scheduler.
    pub events: u64,
}

/// Runs a tree of `relays`, each with `each` followers, through `revocations`.
///
/// # Errors
/// The first rule that was seen broken.
pub fn scale(relays: usize, each: usize, revocations: usize) -> Result<Scale, Violation> {
    let shape = tree(relays, each);
    let mut cluster = Cluster::begin(1, &shape, None)?;
    cluster.most_events = MOST_EVENTS;
    cluster.run_for(SETTLING)?;
    for _ in 0..revocations {
        cluster.number += 1;
        cluster.act(&Action::SignIn { subject: 1, device: 1, client: 0, role: 0 })?;
    }
    let before = cluster.traffic();
    cluster.run_for(AT_REST)?;
    let at_rest = cluster.traffic();
    let mut slowest = Duration::ZERO;
    let began_at = cluster.schedule.now();
    for place in 0..revocations {
        cluster.number += 1;
        // The latest but so many: each token once.
        let pick = Pick(u64::try_from(place % 6).unwrap_or_default() * 4 + 1);
        let aim = Aim::Token(pick, false);
        let (effect, spare) = (Effect::End, Spare::Nothing);
        cluster.act(&Action::Revoke { aim, effect, spare, wait: None })?;
        let until = cluster.schedule.now().plus(PAUSE);
        slowest = slowest.max(cluster.run_until_all_reach(cluster.oracle.lists.head, until)?);
    }
    cluster.run_for(ARRIVING)?;
    let span = cluster.schedule.now().since(began_at);
    let (rest, busy) = (at_rest.since(before), cluster.traffic().since(at_rest));
    let links = u64::try_from(shape.places.len()).unwrap_or(1);
    let count = u64::try_from(revocations).unwrap_or(1).max(1);
    let extra = |busy: u64, rest: u64| {
        let usual = u128::from(rest) * span.as_millis() / AT_REST.as_millis().max(1);
        busy.saturating_sub(u64::try_from(usual).unwrap_or(u64::MAX)) / (links * count)
    };
    Ok(Scale {
        followers: relays * each,
        refused_at: cluster.refusing()?,
        down_at_rest: rest.down.bytes / (links * AT_REST.as_secs()),
        up_at_rest: rest.up.bytes / (links * AT_REST.as_secs()),
        down_per_revocation: extra(busy.down.bytes, rest.down.bytes),
        up_per_revocation: extra(busy.up.bytes, rest.up.bytes),
        authority_per_revocation: extra(busy.authority.bytes, rest.authority.bytes) * links,
        centibytes_in_a_full_batch: full_batch(&crate::world::issuer().map_err(Violation::stuck)?),
        slowest_ms: u64::try_from(slowest.as_millis()).unwrap_or(u64::MAX),
        events: cluster.schedule.taken(),
    })
}

/// The relays follow the authority, the others follow them in equal parts.
fn tree(relays: usize, each: usize) -> Shape {
    let place = |upstream, relay| Place {
        upstream,
        relay,
        max_staleness: Duration::from_secs(10),
        policy: StalePolicy::Deny,
        file: false,
    };
    let first = (0..relays).map(|_| place(NodeId::AUTHORITY, true));
    let below = (0..relays * each).map(|number| place(NodeId(1 + number % relays), false));
    Shape { places: first.chain(below).collect() }
}

/// What a record takes in a batch as large as batches get.
fn full_batch(issuer: &Issuer) -> usize {
    let issuer = LogKey::from_random([5; 16]).issuer_key(issuer);
    let record = |number: u64| {
        let recorded_at = Timestamp::from_milliseconds(1_700_000_000_000 + number / 10);
        Record {
            position: Position::new(1_782_579_200_000_000 + number).unwrap_or_default(),
            recorded_at,
            retain_until: recorded_at.plus(Duration::from_secs(665)),
            issuer,
            kind: TargetKind::Session,
            key: issuer.of_id(TargetKind::Session, &format!("ses_{number}")),
            effect: Effect::End,
            spread: None,
            window: None,
            exception: None,
            undoes: None,
            reason: Reason::known(Reason::LOGGED_OUT),
        }
    };
    let count = u64::try_from(MOST_RECORDS).unwrap_or_default();
    let records: Vec<Record> = (1..=count).map(record).collect();
    encode(&records).len() * 100 / MOST_RECORDS
}

/// What all connections carried.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    down: Traffic,
    up: Traffic,
    /// The part of what went down that the authority sent.
    authority: Traffic,
}

impl Total {
    fn since(self, before: Self) -> Self {
        let less = |now: Traffic, before: Traffic| Traffic {
            frames: now.frames.saturating_sub(before.frames),
            bytes: now.bytes.saturating_sub(before.bytes),
        };
        Self {
            down: less(self.down, before.down),
            up: less(self.up, before.up),
            authority: less(self.authority, before.authority),
        }
    }
}

impl Cluster {
    fn run_for(&mut self, span: Duration) -> Result<(), Violation> {
        self.run_until(self.schedule.now().plus(span))
    }

    fn traffic(&self) -> Total {
        let mut total = Total::default();
        for (node, follower) in &self.followers {
            let upstream = follower.place.upstream;
            let down = self.network.sent(upstream, *node);
            let by_authority = if upstream == NodeId::AUTHORITY { down } else { Traffic::default() };
            for (sum, sent) in [
                (&mut total.down, down),
                (&mut total.up, self.network.sent(*node, upstream)),
                (&mut total.authority, by_authority),
            ] {
                sum.frames += sent.frames;
                sum.bytes += sent.bytes;
            }
        }
        total
    }

    /// How long it takes until every follower has reached `position`; at least until `until` is over.
    fn run_until_all_reach(&mut self, position: Position, until: Tick) -> Result<Duration, Violation> {
        let began_at = self.schedule.now();
        let mut reached_at = None;
        while self.schedule.now() < until || reached_at.is_none() {
            self.run_for(Duration::from_millis(1))?;
            let reached = |follower: &super::FollowerNode| {
                follower.process.as_ref().is_some_and(|process| process.verifier.watermark() >= position)
            };
            if reached_at.is_none() && self.followers.values().all(reached) {
                reached_at = Some(self.schedule.now());
            }
            if self.schedule.now().since(began_at) > SETTLING {
                return Err(Violation::stuck(format!("{position} does not arrive everywhere")));
            }
        }
        Ok(reached_at.map_or(Duration::ZERO, |at| at.since(began_at)))
    }

    /// At how many verifiers every token that an entry hits is refused, by the rules.
    fn refusing(&mut self) -> Result<usize, Violation> {
        let nodes: Vec<NodeId> = self.shape.verifiers().collect();
        for node in &nodes {
            for place in 0..self.oracle.lists.tokens.len().min(3) {
                self.check(*node, place, None)?;
            }
        }
        Ok(nodes.len())
    }
}
