//! What is told of an edge beside what its verifier counts.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use quash_core::position::Position;
use quash_verify::Gauge;

use super::page::Page;
use crate::edge::NoAnswer;
use crate::feed::UptimeSource;

/// What came of asking an authority about tokens.
#[derive(Clone, Default)]
pub(crate) struct Asks(Family<[(&'static str, &'static str); 1], Counter>);

impl Asks {
    /// Counts one question.
    pub(crate) fn count(&self, asked: Result<bool, NoAnswer>) {
        let answer = match asked {
            Ok(true) => "active",
            Ok(false) => "inactive",
            Err(NoAnswer) => "none",
        };
        self.0.get_or_create_owned(&[("answer", answer)]).inc();
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let help = "Tokens that an authority was asked about, by its answer";
        registry.register("edge_asks", help, self.0.clone());
    }
}

/// How far an edge has come with the feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedProgress {
    /// Up to where the log is held.
    pub position: Option<Position>,
    /// The head of the log as it was last heard of.
    pub head: Option<Position>,
    /// How many connections to the feed were opened.
    pub connections: u64,
    /// How many uses of sessions were reported.
    pub uses_reported: u64,
    /// How many such reports failed.
    pub report_failures: u64,
}

/// Reads the age of the state, and how far it reaches.
pub(crate) struct EdgeFigures {
    /// How far it reaches.
    pub(crate) progress: Box<dyn Fn() -> FeedProgress + Send + Sync>,
    /// What knows it.
    pub(crate) gauge: Arc<Gauge>,
    /// The clock that it is told by.
    pub(crate) uptime: UptimeSource,
}

impl fmt::Debug for EdgeFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EdgeFigures").field("gauge", &self.gauge).finish_non_exhaustive()
    }
}

impl Collector for EdgeFigures {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        let complete = if self.gauge.is_complete() { 1.0 } else { 0.0 };
        page.gauge("edge_complete", "Whether the revocation state is complete, fresh or not", complete)?;
        if let Some(age) = self.gauge.age_at((self.uptime)()) {
            page.gauge("edge_state_age_seconds", "How old the revocation state is", age.as_secs_f64())?;
        }
        let stale = self.gauge.max_staleness().as_secs_f64();
        page.gauge("edge_max_staleness_seconds", "The age at which the revocation state is stale", stale)?;
        let FeedProgress { position, head, connections, uses_reported, report_failures } = (self.progress)();
        let number = |position: Option<Position>| position.map_or(0, Position::number);
        page.gauge("edge_position", "Position that the log is held up to", number(position) as f64)?;
        let lag = number(head).saturating_sub(number(position));
        page.gauge("edge_lag", "Positions of the log that were spoken of and are not held", lag as f64)?;
        page.counter("edge_activity_reported", "Uses of sessions that were reported", uses_reported)?;
        let failures = "Reports of uses that no server took; they are sent again";
        page.counter("edge_activity_failures", failures, report_failures)?;
        page.counter("edge_connections", "Connections to the feed that were opened", connections)
    }
}
