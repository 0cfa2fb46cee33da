//! One run of a cluster: the steps of a plan, the scheduler, and the oracle asked after each step.

mod act;
mod check;
mod faults;
mod follow;
mod scale;
mod serve;
mod wait;
mod watch;

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::time::Duration;

use quash_core::position::Position;
use quash_core::revocation::freshness::StalePolicy;
use quash_core::time::{Timestamp, Uptime};
use tokio::runtime::Runtime;

pub use self::scale::{Scale, scale};
use self::wait::Wait;
pub(crate) use self::watch::Watched;
use super::network::{ConnectionId, Delivery, End, Network, Parcel};
use super::node::{AuthorityNode, FollowerNode, Machine, NodeId};
use super::oracle::Oracle;
use super::outages::Outages;
use super::plan::{Action, Plan, Shape};
use super::planted::Planted;
use super::schedule::Schedule;
use super::tick::Tick;
use crate::coverage::Coverage;
use crate::digest::Digest;
use crate::oracle::{Expected, Said};
use crate::rng::Rng;
use crate::violation::{Place, Violation};

/// How many observations a failure's report shows.
const HISTORY: usize = 120;

/// How many events are more than any run has.
const MOST_EVENTS: u64 = 200_000;

/// Something that happens at a time.
#[derive(Debug)]
pub(crate) enum Event {
    /// Something may arrive.
    Arrive(Delivery),
    /// Something arrived at a node.
    Parcel { node: NodeId, connection: ConnectionId, end: End, parcel: Parcel },
    /// A follower connects.
    Connect { node: NodeId, process: u64 },
    /// A follower looks at its clock.
    Wake { node: NodeId, process: u64 },
    /// A follower's disk has what was written.
    Synced { node: NodeId, process: u64 },
    /// Whoever serves looks at its clock.
    Beat { node: NodeId, process: u64 },
    /// A process is started.
    Start(NodeId),
    /// A process goes on.
    Thaw { node: NodeId, process: u64 },
    /// One cut of a way is mended.
    Mend { from: NodeId, to: NodeId },
    /// A way is as fast as before.
    SpeedUp { from: NodeId, to: NodeId },
    /// The authority's disk works again.
    MendDisk,
    /// The authority's tasks get their turn.
    Turn,
    /// What a node wrote first on a connection that it gave up arrives at last.
    GiveUp { node: NodeId, connection: ConnectionId },
}

impl Event {
    /// Whose process it is for; `None` for what happens whatever any process does.
    const fn process(&self) -> Option<(NodeId, Option<u64>)> {
        match self {
            Self::Parcel { node, .. } => Some((*node, None)),
            Self::Connect { node, process }
            | Self::Wake { node, process }
            | Self::Synced { node, process }
            | Self::Beat { node, process } => Some((*node, Some(*process))),
            _ => None,
        }
    }
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Of all that was observed: the same for every run of one seed.
    pub digest: Digest,
    /// What the run went through.
    pub coverage: Coverage,
    /// How many events there were.
    pub events: u64,
}

/// Runs the cluster of `seed` through `length` steps, with a bug if one is `planted`.
///
/// # Errors
/// The first rule that was seen broken.
pub fn run(seed: u64, length: usize, planted: Option<Planted>) -> Result<Report, Violation> {
    let plan = Plan::from_seed(seed, length);
    let _planted = planted.map(Planted::plant);
    let mut cluster = Cluster::begin(seed, &plan.shape, planted)?;
    for (number, step) in plan.steps.iter().enumerate() {
        cluster.number = number;
        let taken = cluster.run_until(step.at).and_then(|()| cluster.step(&step.action));
        if let Err(violation) = taken {
            let history = std::mem::take(&mut cluster.history).into();
            let what = format!("{:?}", step.action);
            return Err(violation.at(Place {
                seed,
                step: number,
                what,
                history,
                test: "cluster::no_seed_of_a_cluster",
            }));
        }
    }
    Ok(Report { digest: cluster.digest, coverage: cluster.coverage, events: cluster.schedule.taken() })
}

/// The nodes beside the authority, none of them running. A relay says of itself what those below say of themselves.
fn followers(shape: &Shape) -> BTreeMap<NodeId, FollowerNode> {
    let below = |node| shape.followers().filter(move |below| shape.path(*below).contains(&node));
    let lax = |node: &NodeId| shape.place(*node).is_some_and(|place| place.policy == StalePolicy::Allow);
    let follower = |node: NodeId| {
        let unfenced = below(node).any(|below| lax(&below));
        Some((node, FollowerNode::new(node, *shape.place(node)?, unfenced)))
    };
    shape.followers().filter_map(follower).collect()
}

fn relays(shape: &Shape) -> Vec<NodeId> {
    shape.followers().filter(|node| shape.place(*node).is_some_and(|place| place.relay)).collect()
}

/// How the authority's disk does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DiskState {
    /// It does.
    Sound,
    /// It may fail: then the store may be out of reach.
    Failing,
    /// It does again; the store finds out when it writes next.
    Mended,
}

/// A cluster at a point in time.
pub(crate) struct Cluster {
    runtime: Runtime,
    schedule: Schedule<Event>,
    network: Network,
    shape: Shape,
    relays: Vec<NodeId>,
    machines: Vec<Machine>,
    authority: AuthorityNode,
    followers: BTreeMap<NodeId, FollowerNode>,
    oracle: Oracle,
    outages: Outages,
    waits: Vec<Wait>,
    /// When the authority went on after it had stood still or been gone.
    thawed_at: Option<Uptime>,
    /// The live refresh tokens, each with its client.
    refresh_tokens: Vec<(String, String)>,
    /// What must be in the log after this step.
    expected: Vec<Expected>,
    /// What was asked for without an answer: it may come up in the log at any time.
    unanswered: Vec<Said>,
    /// What this step may have led to.
    possible: Vec<Said>,
    /// How the authority's disk does.
    disk: DiskState,
    coverage: Coverage,
    digest: Digest,
    history: VecDeque<String>,
    rng: Rng,
    number: usize,
    most_events: u64,
}

impl Cluster {
    fn begin(seed: u64, shape: &Shape, planted: Option<Planted>) -> Result<Self, Violation> {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        // Nothing waits for time to pass: the runtime's clock is moved on by hand.
        let runtime = runtime.enable_time().start_paused(true).build().map_err(Violation::stuck)?;
        let mut rng = Rng::new(seed);
        let nodes = 0..=shape.places.len();
        let machines = nodes.map(|_| Machine::new(super::clocks::Clocks::drifting(&mut rng))).collect();
        let authority = AuthorityNode::new(seed, planted.and_then(Planted::of_the_store));
        let mut cluster = Self {
            runtime,
            schedule: Schedule::new(),
            network: Network::new(Rng::new(rng.next())),
            shape: shape.clone(),
            relays: relays(shape),
            machines,
            authority,
            followers: followers(shape),
            oracle: Oracle::new(crate::oracle::Oracle::new(AuthorityNode::rules()?, Position::ZERO)),
            outages: Outages::default(),
            waits: Vec::new(),
            thawed_at: None,
            refresh_tokens: Vec::new(),
            expected: Vec::new(),
            unanswered: Vec::new(),
            possible: Vec::new(),
            disk: DiskState::Sound,
            coverage: Coverage::default(),
            digest: Digest::default(),
            history: VecDeque::new(),
            rng,
            number: 0,
            most_events: MOST_EVENTS,
        };
        cluster.start_authority()?;
        for node in shape.followers() {
            cluster.start_follower(node)?;
        }
        Ok(cluster)
    }

    /// Everything that happens until `until`, which is then the present.
    fn run_until(&mut self, until: Tick) -> Result<(), Violation> {
        while let Some(event) = self.schedule.next(until) {
            if self.schedule.taken() > self.most_events {
                return Err(Violation::stuck(format!("it never ends: {event:?}")));
            }
            self.show_clocks()?;
            self.happen(event)?;
            self.poll_waits()?;
        }
        self.show_clocks()
    }

    fn step(&mut self, action: &Action) -> Result<(), Violation> {
        self.coverage.count(action.name());
        self.observe("step", (self.schedule.now(), action));
        self.act(action)?;
        self.poll_waits()?;
        self.look()
    }

    fn happen(&mut self, event: Event) -> Result<(), Violation> {
        let event = match event.process() {
            Some((node, process)) => {
                let Some(machine) = self.machines.get_mut(node.0) else { return Ok(()) };
                if process.is_some_and(|process| process != machine.process) {
                    return Ok(());
                }
                let Some(event) = machine.keep(event) else { return Ok(()) };
                event
            }
            None => event,
        };
        match event {
            Event::Arrive(delivery) => self.arrive(delivery),
            Event::Parcel { node, connection, end, parcel } => self.receive(node, connection, end, parcel),
            Event::Connect { node, .. } => self.connect(node),
            Event::Wake { node, .. } => self.wake(node),
            Event::Synced { node, .. } => self.synced(node),
            Event::Beat { node, .. } => self.beat(node),
            Event::Start(NodeId::AUTHORITY) => self.start_authority(),
            Event::Start(node) => self.start_follower(node),
            Event::Thaw { node, process } => self.thaw(node, process),
            Event::Mend { from, to } => {
                self.mend(from, to);
                Ok(())
            }
            Event::SpeedUp { from, to } => {
                self.network.slow_down(from, to, Duration::ZERO, Duration::ZERO);
                Ok(())
            }
            Event::Turn => Ok(()),
            Event::MendDisk => {
                self.mend_disk();
                Ok(())
            }
            Event::GiveUp { node, connection } => self.give_up(node, connection),
        }
    }

    fn arrive(&mut self, delivery: Delivery) -> Result<(), Violation> {
        use super::network::Arrival;
        match self.network.arrive(delivery, self.schedule.now()) {
            Arrival::HeldUp => Ok(()),
            Arrival::Nobody(next) => {
                self.deliver(next);
                Ok(())
            }
            Arrival::At { node, from, parcel } => {
                let Delivery { connection, to } = delivery;
                self.happen(Event::Parcel { node, connection, end: to, parcel })?;
                // There is room for more on the connection.
                self.pump(from, connection)
            }
        }
    }

    /// Something arrived at a process that runs.
    fn receive(
        &mut self,
        node: NodeId,
        connection: ConnectionId,
        end: End,
        parcel: Parcel,
    ) -> Result<(), Violation> {
        match end {
            End::Client => self.receive_as_client(node, connection, parcel),
            End::Server => self.receive_as_server(node, connection, parcel),
        }
    }

    fn deliver(&mut self, due: Option<(Tick, Delivery)>) {
        if let Some((at, delivery)) = due {
            self.schedule.at(at, Event::Arrive(delivery));
        }
    }

    fn send(&mut self, connection: ConnectionId, to: End, parcel: Parcel) {
        let due = self.network.send(connection, to, parcel, self.schedule.now());
        self.deliver(due);
    }

    fn close(&mut self, connection: ConnectionId, end: End) {
        let due = self.network.close(connection, end, self.schedule.now());
        self.deliver(due);
    }

    /// Sets the clocks that are read through something else than an argument.
    pub(super) fn show_clocks(&self) -> Result<(), Violation> {
        self.set_clocks()?;
        for node in &self.relays {
            let process = self.followers.get(node).and_then(|follower| follower.process.as_ref());
            if let Some(relaying) = process.and_then(|process| process.relaying.as_ref()) {
                relaying.set_clocks(self.uptime(*node)?, self.wall(*node)?);
            }
        }
        Ok(())
    }

    fn machine(&self, node: NodeId) -> Result<&Machine, Violation> {
        self.machines.get(node.0).ok_or_else(|| Violation::stuck("a node without a machine"))
    }

    fn machine_mut(&mut self, node: NodeId) -> Result<&mut Machine, Violation> {
        self.machines.get_mut(node.0).ok_or_else(|| Violation::stuck("a node without a machine"))
    }

    fn uptime(&self, node: NodeId) -> Result<Uptime, Violation> {
        Ok(self.machine(node)?.clocks.uptime(self.schedule.now()))
    }

    fn wall(&self, node: NodeId) -> Result<Timestamp, Violation> {
        Ok(self.machine(node)?.clocks.wall(self.schedule.now()))
    }

    fn observe(&mut self, what: &str, value: impl Debug) {
        let line = format!("{} {}: {what} {value:?}", self.schedule.now(), self.number);
        self.digest.observe(&line);
        if self.history.len() >= HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(line);
    }
}
