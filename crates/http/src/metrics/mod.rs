//! What is counted, and how it is shown (`OpenMetrics`). No id, address or token is ever a label.

mod edge;
mod feed;
mod figures;
mod page;

use std::sync::Arc;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use quash_authority::Authority;
use quash_verify::Verifier;

use crate::feed::FeedDoor;

pub use self::edge::FeedProgress;
pub(crate) use self::edge::{Asks, EdgeFigures};
use self::feed::FeedFigures;
use self::figures::{AuthorityFigures, VerifierFigures};

/// What came of one forward-auth check.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CheckOutcome {
    /// 200.
    Accepted,
    /// 401, and the token is to blame.
    Rejected,
    /// 401, for there is no token.
    NoToken,
    /// 403.
    InsufficientScope,
    /// 503.
    Undecided,
}

/// Counters that the endpoints raise, and a registry that shows them beside what the parts of the node count.
pub(crate) struct Metrics {
    registry: Registry,
    checks: [Counter; 5],
}

impl Metrics {
    /// Nothing counted yet but what the verifier counts.
    pub(crate) fn new(verifier: Arc<Verifier>) -> Self {
        let mut registry = Registry::with_prefix("quash");
        let checks = Family::<[(&'static str, &'static str); 1], Counter>::default();
        // Handles are resolved once: a check then raises one number and looks nothing up.
        let handles = ["accepted", "rejected", "no_token", "insufficient_scope", "undecided"]
            .map(|outcome| checks.get_or_create_owned(&[("outcome", outcome)]));
        registry.register("auth_checks", "Forward-auth checks by outcome", checks);
        registry.register_collector(Box::new(VerifierFigures(verifier)));
        Self { registry, checks: handles }
    }

    /// Beside an authority: what it counts, and how often its store failed a request.
    #[must_use]
    pub(crate) fn of_an_authority(mut self, authority: Arc<Authority>, store_errors: &Counter) -> Self {
        self.registry.register("store_errors", "Requests that the store failed", store_errors.clone());
        self.registry.register_collector(Box::new(AuthorityFigures(authority)));
        self
    }

    /// Where the feed is served: who follows it, and what became of those who did.
    #[must_use]
    pub(crate) fn of_a_feed(mut self, door: FeedDoor) -> Self {
        self.registry.register_collector(Box::new(FeedFigures(door)));
        self
    }

    /// At an edge: how old its state is, and what came of asking.
    #[must_use]
    pub(crate) fn of_an_edge(mut self, state: EdgeFigures, asks: &Asks) -> Self {
        asks.register(&mut self.registry);
        self.registry.register_collector(Box::new(state));
        self
    }

    /// Counts one forward-auth check.
    pub(crate) fn count_check(&self, outcome: CheckOutcome) {
        let [accepted, rejected, no_token, insufficient_scope, undecided] = &self.checks;
        let counter = match outcome {
            CheckOutcome::Accepted => accepted,
            CheckOutcome::Rejected => rejected,
            CheckOutcome::NoToken => no_token,
            CheckOutcome::InsufficientScope => insufficient_scope,
            CheckOutcome::Undecided => undecided,
        };
        counter.inc();
    }

    /// Everything, as `OpenMetrics` text.
    pub(crate) fn text(&self) -> String {
        let mut page = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut page, &self.registry);
        page
    }
}
