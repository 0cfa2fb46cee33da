//! Checks at verifiers, some of which stand still in the middle of one.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use quash_core::ids::KeyId;
use quash_core::position::Position;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::freshness::{
    Freshness, FreshnessSource, Known, StalePolicy, Staleness, Undecided,
};
use quash_core::revocation::rejection::Rejection;
use quash_core::time::Uptime;
use quash_verify::{Checked, Gauge, GaugeReader, Moment};

use super::{Cluster, Event};
use crate::cluster::answered::{Answer, Answered};
use crate::cluster::invariants::{self, i8_memory, i10_clock_jumps};
use crate::cluster::node::NodeId;
use crate::cluster::plan::{Action, Freezing};
use crate::plan::{Aim, Pick, Spare};
use crate::violation::Violation;

/// How many of the latest tokens are checked at every verifier after every step.
const LATEST: usize = 5;

/// How long somebody waits for everywhere while a process stands still.
const PATIENCE: Duration = Duration::from_secs(8);

/// How long the other threads of a process go on before the one that stood still in a check.
const CATCHING_UP: Duration = Duration::from_millis(900);

/// Reads the real gauge with the clock of a node. It may stand still between the reading of the state and that of the
/// clock: the rest of the cluster goes on meanwhile.
struct Reader<'c> {
    cluster: RefCell<&'c mut Cluster>,
    node: NodeId,
    gauge: Arc<Gauge>,
    freezing: Option<(Freezing, Pick)>,
    broken: RefCell<Option<Violation>>,
}

impl Reader<'_> {
    fn uptime(&self) -> Uptime {
        self.cluster.borrow().uptime(self.node).unwrap_or_default()
    }

    fn stand_still(&self) {
        let Some((freezing, token)) = self.freezing else { return };
        let stood = self.cluster.borrow_mut().stand_still(self.node, freezing, token);
        if let Err(violation) = stood {
            self.broken.borrow_mut().get_or_insert(violation);
        }
    }
}

impl FreshnessSource for Reader<'_> {
    fn freshness(&self) -> Freshness {
        self.freshness_after(self.known(), Staleness::UNSAID)
    }

    fn known(&self) -> Known {
        GaugeReader::new(&*self.gauge, || self.uptime()).known()
    }

    fn freshness_after(&self, known: Known, wanted: Staleness) -> Freshness {
        self.stand_still();
        GaugeReader::new(&*self.gauge, || self.uptime()).freshness_after(known, wanted)
    }
}

impl Cluster {
    /// Checks some tokens at every verifier.
    pub(super) fn look(&mut self) -> Result<(), Violation> {
        let verifiers: Vec<NodeId> = self.shape.verifiers().collect();
        for node in verifiers {
            self.look_at(node)?;
        }
        Ok(())
    }

    fn look_at(&mut self, node: NodeId) -> Result<(), Violation> {
        let count = self.oracle.lists.tokens.len();
        let latest = (0..count).rev().take(LATEST);
        let some = (0..count).rev().skip(LATEST).filter(|place| place % 16 == self.number % 16);
        let places: Vec<usize> = latest.chain(some.take(4)).collect();
        places.into_iter().try_for_each(|place| self.check(node, place, None))
    }

    /// Every token that was handed out, right after the clock of `node` was set.
    pub(super) fn look_after_jump(&mut self, node: NodeId) -> Result<(), Violation> {
        for place in (0..self.oracle.lists.tokens.len()).rev().take(40) {
            let Some(answered) = self.answer(node, place, None)? else { return Ok(()) };
            let Some(token) = self.oracle.lists.tokens.get(place) else { return Ok(()) };
            i10_clock_jumps::holds(&self.oracle, token, &answered)?;
            let tried = invariants::tried(&self.oracle, token, &answered).contains(&"rule: I1");
            self.coverage.count(if tried { "rule: I10" } else { "checked after a jump" });
            self.judge(&answered)?;
        }
        Ok(())
    }

    pub(super) fn check_standing_still(
        &mut self,
        node: NodeId,
        pick: Pick,
        freezing: Freezing,
    ) -> Result<(), Violation> {
        match pick.index(self.oracle.lists.tokens.len()) {
            Some(place) => self.check(node, place, Some((freezing, pick))),
            None => Ok(()),
        }
    }

    pub(super) fn check(
        &mut self,
        node: NodeId,
        place: usize,
        freezing: Option<(Freezing, Pick)>,
    ) -> Result<(), Violation> {
        match self.answer(node, place, freezing)? {
            Some(answered) => self.judge(&answered),
            None => Ok(()),
        }
    }

    /// What `node` answers to a token; `None` where nobody answers.
    fn answer(
        &mut self,
        node: NodeId,
        place: usize,
        freezing: Option<(Freezing, Pick)>,
    ) -> Result<Option<Answered>, Violation> {
        let began_at = self.schedule.now();
        if self.machine(node)?.is_frozen() {
            return Ok(None);
        }
        let wall = self.wall(node)?;
        let Some(text) = self.oracle.lists.tokens.get(place).map(|token| token.text.clone()) else {
            return Ok(None);
        };
        let Some(process) = self.process(node) else { return Ok(None) };
        let (verifier, gauge) = (Arc::clone(&process.verifier), Arc::clone(&process.gauge));
        let (watermark, now) = (verifier.watermark(), wall.max(verifier.ratchet()));
        let kid = self.oracle.lists.tokens.get(place).map(|token| &*token.kid);
        let keys = verifier.keys(&crate::world::issuer().map_err(Violation::stuck)?).unwrap_or_default();
        let knows_key = keys.iter().any(|key| key.key_id().map(KeyId::as_str) == kid);
        let is_fresh =
            |uptime| gauge.freshness_at(uptime, Duration::MAX, StalePolicy::Deny) == Freshness::Fresh;
        let (complete, fresh_before) = (gauge.is_complete(), is_fresh(self.uptime(node)?));
        let reader = Reader {
            cluster: RefCell::new(self),
            node,
            gauge: Arc::clone(&gauge),
            freezing,
            broken: RefCell::new(None),
        };
        let answer = match verifier.check(&text, Moment::new(wall, &reader)) {
            Ok(Checked::Accepted(_)) => Answer::Accepted,
            Ok(Checked::Rejected(refusal)) => Answer::Rejected(refusal.rejection().clone()),
            Err(undecided) => Answer::Undecided(undecided),
        };
        if let Some(violation) = reader.broken.into_inner() {
            return Err(violation);
        }
        // A check that stood still is judged again where the feed told meanwhile what was forgotten.
        let now = match answer {
            Answer::Rejected(Rejection::Expired { .. }) => wall.max(verifier.ratchet()),
            _ => now,
        };
        let fresh = fresh_before && is_fresh(self.uptime(node)?);
        let path = self.shape.path(node);
        let hops = u32::try_from(path.len()).unwrap_or(1).saturating_sub(1);
        let bounds = path.iter().filter_map(|node| self.shape.place(*node)).map(|place| place.max_staleness);
        let shortest_bound = bounds.min().unwrap_or_default();
        let follower = self.follower(node)?;
        let (policy, max_staleness) = (follower.place.policy, follower.place.max_staleness);
        let at = self.schedule.now();
        Ok(Some(Answered {
            node,
            token: place,
            answer,
            watermark,
            began_at,
            at,
            now,
            clocks: self.machine(node)?.clocks,
            policy,
            max_staleness,
            shortest_bound,
            relays: hops.saturating_sub(1),
            fresh,
            knows_key,
            complete,
            outage: self.outages.age(node, at, hops),
        }))
    }

    fn judge(&mut self, answered: &Answered) -> Result<(), Violation> {
        let Some(token) = self.oracle.lists.tokens.get(answered.token) else { return Ok(()) };
        invariants::hold(&self.oracle, token, answered)?;
        let tried = invariants::tried(&self.oracle, token, answered);
        let token = token.clone();
        let follower = self.followers.get_mut(&answered.node);
        let process = follower.and_then(|follower| follower.process.as_mut());
        let refused_before =
            process.map(|process| process.refused.observe(&self.oracle, &token, answered)).transpose()?;
        if refused_before == Some(true) {
            self.coverage.count("rule: I6");
        }
        for rule in tried {
            self.coverage.count(rule);
        }
        self.coverage.count(counted(answered));
        if answered.answer != Answer::Accepted {
            return Ok(());
        }
        self.digest.observe("accepted");
        Ok(())
    }

    /// Every verifier is asked about what the entry at `position` hits, at the very instant that somebody was told that
    /// it is in force everywhere.
    pub(super) fn look_everywhere(&mut self, position: Position) -> Result<(), Violation> {
        let tokens = self.oracle.lists.tokens.iter().enumerate();
        let hit = tokens.filter(|(_, token)| self.oracle.hit_at(token, position).is_some());
        let places: Vec<usize> = hit.map(|(place, _)| place).collect();
        for node in self.shape.verifiers().collect::<Vec<_>>() {
            for place in places.iter().rev().take(LATEST) {
                self.check(node, *place, None)?;
            }
        }
        Ok(())
    }

    /// The process of `node` stands still for a while, and the rest goes on: somebody revokes `token` meanwhile.
    fn stand_still(&mut self, node: NodeId, freezing: Freezing, token: Pick) -> Result<(), Violation> {
        let Freezing { span, others_first } = freezing;
        let process = self.machine(node)?.process;
        for below in self.below(node) {
            self.outages.disturb(below, self.schedule.now(), span);
        }
        self.machine_mut(node)?.freeze();
        let until = self.schedule.now().plus(span);
        self.run_until(self.schedule.now().plus(span / 4))?;
        let (aim, wait) = (Aim::Token(token, false), Some(PATIENCE));
        self.act(&Action::Revoke { aim, effect: Effect::End, spare: Spare::Nothing, wait })?;
        self.run_until(until)?;
        if self.machine(node)?.process != process {
            return Ok(());
        }
        self.coverage.count(if others_first { "thawed: others first" } else { "thawed: the check first" });
        if others_first {
            self.thaw(node, process)?;
            // A check that stood still for less than the bound may go by what was known when it began.
            let bound = self.follower(node)?.place.max_staleness;
            let more = if span > bound + bound / 50 { CATCHING_UP } else { Duration::ZERO };
            return self.run_until(self.schedule.now().plus(more));
        }
        // What came meanwhile waits until the check is over.
        self.schedule.after(Duration::ZERO, Event::Thaw { node, process });
        Ok(())
    }

    /// A verifier forgets what is over.
    pub(super) fn purge_verifier(&mut self, node: NodeId) -> Result<(), Violation> {
        let wall = self.wall(node)?;
        if self.machine(node)?.is_frozen() {
            return Ok(());
        }
        let Some(process) = self.process(node) else { return Ok(()) };
        let verifier = Arc::clone(&process.verifier);
        let purged = verifier.purge(wall);
        if let Some(relaying) = &process.relaying {
            relaying.log.purge(wall);
        }
        self.coverage.count("rule: I8");
        if purged.entries > 0 {
            self.coverage.count("purged: entries of a verifier");
        }
        i8_memory::holds(&self.oracle, node, verifier.live_entries(), wall.max(verifier.ratchet()))
    }
}

/// The name that an answer is counted under.
fn counted(answered: &Answered) -> String {
    use quash_core::revocation::rejection::Rejection;
    match &answered.answer {
        Answer::Accepted if answered.fresh => "check: accepted".to_owned(),
        Answer::Accepted => "check: accepted on stale knowledge".to_owned(),
        Answer::Rejected(Rejection::Revoked(hit)) => {
            format!("check: revoked by {:?}, {:?}", hit.kind, hit.effect)
        }
        Answer::Rejected(rejection) => format!("check: {}", rejection.reason()),
        Answer::Undecided(Undecided::Stale { .. }) => "check: stale, deny".to_owned(),
        Answer::Undecided(Undecided::Ask { .. }) => "check: stale, ask".to_owned(),
        Answer::Undecided(_) => "check: incomplete".to_owned(),
    }
}
